-- Projects, their tasks and documents, and what they were before. Names and columns of the original are kept, so that its queries
-- keep working; ids and times are as in the tables of the tracker. What is long stands last in its row: a list does not
-- read it.

CREATE TABLE archon_projects (
    id           TEXT PRIMARY KEY NOT NULL,
    title        TEXT NOT NULL,
    github_repo  TEXT,
    pinned       INTEGER NOT NULL DEFAULT 0,
    archived     INTEGER NOT NULL DEFAULT 0,
    archived_at  TEXT,
    archived_by  TEXT,
    created_at   TEXT NOT NULL,
    updated_at   TEXT NOT NULL,
    description  TEXT NOT NULL DEFAULT '',
    features     TEXT NOT NULL DEFAULT '[]',       -- JSON, as are all below
    data         TEXT NOT NULL DEFAULT '[]',
    prd          TEXT NOT NULL DEFAULT '{}',
    docs         TEXT NOT NULL DEFAULT '[]'
) STRICT;

-- One is pinned, or none.
CREATE UNIQUE INDEX archon_projects_pinned ON archon_projects (pinned) WHERE pinned = TRUE;
CREATE INDEX archon_projects_by_age ON archon_projects (archived, pinned DESC, created_at DESC, id DESC);

-- The rows have a number of their own, which the index of their words names: one that SQLite gives may change.
CREATE TABLE archon_tasks (
    row_id                INTEGER PRIMARY KEY,
    id                    TEXT NOT NULL UNIQUE,
    project_id            TEXT NOT NULL REFERENCES archon_projects (id),
    parent_task_id        TEXT,
    title                 TEXT NOT NULL,
    status                TEXT NOT NULL CHECK (status IN ('todo', 'doing', 'review', 'done')),
    assignee              TEXT NOT NULL DEFAULT 'User',
    task_order            INTEGER NOT NULL DEFAULT 0,
    priority              TEXT NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    feature               TEXT,
    archived              INTEGER NOT NULL DEFAULT 0,
    archived_at           TEXT,
    archived_by           TEXT,
    archived_with_project INTEGER NOT NULL DEFAULT 0,   -- comes back with it
    completed_at          TEXT,
    completed_by          TEXT,
    created_at            TEXT NOT NULL,
    updated_at            TEXT NOT NULL,
    description           TEXT NOT NULL DEFAULT '',
    sources               TEXT NOT NULL DEFAULT '[]',   -- JSON
    code_examples         TEXT NOT NULL DEFAULT '[]'    -- JSON
) STRICT;

-- Lists in their order, and how many match, from the index alone.
CREATE INDEX archon_tasks_by_order ON archon_tasks (task_order, created_at, id, status) WHERE archived = FALSE;
CREATE INDEX archon_tasks_by_status ON archon_tasks (status, task_order, created_at, id) WHERE archived = FALSE;
CREATE INDEX archon_tasks_by_assignee ON archon_tasks (assignee, task_order, created_at, id, status) WHERE archived = FALSE;
CREATE INDEX archon_tasks_by_project ON archon_tasks (project_id, task_order, created_at, id, status) WHERE archived = FALSE;
-- A column of the board.
CREATE INDEX archon_tasks_by_column ON archon_tasks (project_id, status, task_order, created_at, id) WHERE archived = FALSE;
-- What was done lately, and how long it took.
CREATE INDEX archon_tasks_completed ON archon_tasks (completed_at, created_at)
    WHERE archived = FALSE AND completed_at IS NOT NULL;
CREATE INDEX archon_tasks_completed_of ON archon_tasks (project_id, completed_at, created_at)
    WHERE archived = FALSE AND completed_at IS NOT NULL;
CREATE INDEX archon_tasks_of_parent ON archon_tasks (parent_task_id) WHERE parent_task_id IS NOT NULL;
-- Archived ones, too: what goes with a project, or comes back.
CREATE INDEX archon_tasks_of_project ON archon_tasks (project_id);

-- In which tasks three letters stand side by side: terms of three letters and more are found without reading the tasks.
CREATE VIRTUAL TABLE archon_task_search USING fts5 (
    words, content = '', contentless_delete = 1, tokenize = 'trigram'
);
CREATE TRIGGER archon_task_search_added AFTER INSERT ON archon_tasks BEGIN
    INSERT INTO archon_task_search (rowid, words)
        VALUES (new.row_id, new.title || char(10) || new.description || char(10) || coalesce(new.feature, ''));
END;
CREATE TRIGGER archon_task_search_changed AFTER UPDATE OF title, description, feature ON archon_tasks
WHEN new.title <> old.title OR new.description <> old.description OR new.feature IS NOT old.feature BEGIN
    UPDATE archon_task_search
        SET words = new.title || char(10) || new.description || char(10) || coalesce(new.feature, '')
        WHERE rowid = new.row_id;
END;
CREATE TRIGGER archon_task_search_deleted AFTER DELETE ON archon_tasks BEGIN
    DELETE FROM archon_task_search WHERE rowid = old.row_id;
END;

CREATE TABLE archon_task_history (
    id            TEXT PRIMARY KEY NOT NULL,       -- UUIDv7: sorts by time
    task_id       TEXT NOT NULL REFERENCES archon_tasks (id),
    project_id    TEXT NOT NULL REFERENCES archon_projects (id),
    field_name    TEXT NOT NULL,
    changed_by    TEXT NOT NULL,
    changed_at    TEXT NOT NULL,
    change_reason TEXT,
    old_value     TEXT,
    new_value     TEXT
) STRICT;

CREATE INDEX archon_task_history_by_task ON archon_task_history (task_id, id, field_name);
CREATE INDEX archon_task_history_by_project ON archon_task_history (project_id, id);

CREATE TABLE archon_document_versions (
    id             TEXT PRIMARY KEY NOT NULL,      -- UUIDv7: sorts by time
    project_id     TEXT REFERENCES archon_projects (id),
    task_id        TEXT REFERENCES archon_tasks (id),
    field_name     TEXT NOT NULL,
    version_number INTEGER NOT NULL CHECK (version_number > 0),
    change_type    TEXT NOT NULL DEFAULT 'update',
    change_summary TEXT,
    document_id    TEXT,
    created_by     TEXT NOT NULL DEFAULT 'system',
    created_at     TEXT NOT NULL,
    content        TEXT NOT NULL,                  -- JSON
    CHECK ((project_id IS NULL) <> (task_id IS NULL))
) STRICT;

CREATE UNIQUE INDEX archon_document_versions_of_project
    ON archon_document_versions (project_id, field_name, version_number) WHERE project_id IS NOT NULL;
CREATE UNIQUE INDEX archon_document_versions_of_task
    ON archon_document_versions (task_id, field_name, version_number) WHERE task_id IS NOT NULL;
CREATE INDEX archon_document_versions_by_time ON archon_document_versions (project_id, id) WHERE project_id IS NOT NULL;

CREATE TABLE archon_project_sources (
    id         TEXT PRIMARY KEY NOT NULL,
    project_id TEXT NOT NULL REFERENCES archon_projects (id),
    source_id  TEXT NOT NULL,
    notes      TEXT,                               -- `technical` or `business`
    created_by TEXT NOT NULL DEFAULT 'system',
    linked_at  TEXT NOT NULL,
    UNIQUE (project_id, source_id)
) STRICT;
