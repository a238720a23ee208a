-- What SQLite's migration makes: how many tasks there are, archived ones left out.

-- Nobody writes a task between the count and the first trigger.
LOCK TABLE archon_tasks IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE archon_task_counts (
    project_id UUID NOT NULL,
    status     TEXT COLLATE "C" NOT NULL,
    assignee   TEXT COLLATE "C" NOT NULL,
    tasks      BIGINT NOT NULL CHECK (tasks >= 0),
    PRIMARY KEY (project_id, status, assignee)
);

INSERT INTO archon_task_counts (project_id, status, assignee, tasks)
    SELECT project_id, status, assignee, COUNT(*) FROM archon_tasks WHERE archived = FALSE
    GROUP BY project_id, status, assignee;

CREATE FUNCTION archon_count_tasks() RETURNS TRIGGER LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND NOT OLD.archived THEN
        UPDATE archon_task_counts SET tasks = tasks - 1
            WHERE project_id = OLD.project_id AND status = OLD.status AND assignee = OLD.assignee;
        DELETE FROM archon_task_counts
            WHERE project_id = OLD.project_id AND status = OLD.status AND assignee = OLD.assignee AND tasks = 0;
    END IF;
    IF TG_OP <> 'DELETE' AND NOT NEW.archived THEN
        INSERT INTO archon_task_counts AS counts (project_id, status, assignee, tasks)
            VALUES (NEW.project_id, NEW.status, NEW.assignee, 1)
            ON CONFLICT (project_id, status, assignee) DO UPDATE SET tasks = counts.tasks + 1;
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER archon_task_counts_kept AFTER INSERT OR DELETE ON archon_tasks
    FOR EACH ROW EXECUTE FUNCTION archon_count_tasks();
CREATE TRIGGER archon_task_counts_changed AFTER UPDATE OF project_id, status, assignee, archived ON archon_tasks
    FOR EACH ROW
    WHEN ((NEW.project_id, NEW.status, NEW.assignee, NEW.archived)
          IS DISTINCT FROM (OLD.project_id, OLD.status, OLD.assignee, OLD.archived))
    EXECUTE FUNCTION archon_count_tasks();
