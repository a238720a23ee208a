-- What tasks are filtered by goes into the index of their words, so that it says by itself how many there are of a word and, say, a
-- status: to pass all of that status takes many times as long.

DROP TRIGGER archon_task_texts_of_new;
DROP TRIGGER archon_task_texts_of_changed;
DROP VIEW archon_task_texts; -- and its trigger

-- What is indexed of a task. Archived ones are not: how many an index finds is how many a list has. Two letters that the indexes,
-- but nothing else, take for an "s" and a "k" (U+017F, U+212A) are made to be found by neither, and so is the one that
-- filters begin with (U+E000), which no text can have in common with them then.
CREATE VIEW archon_task_texts (row_id, words, filters) AS
    SELECT row_id,
        replace(replace(replace(title || char(10) || description || char(10) || coalesce(feature, ''),
            char(383), char(65533)), char(8490), char(65533)), char(57344), char(65533)),
        char(10, 57344) || 'status' || status
            || char(10, 57344) || 'assignee' || hex(assignee)
            || char(10, 57344) || 'project' || replace(project_id, '-', '')
    FROM archon_tasks WHERE archived = FALSE;

-- Indexes a task. A trigger of the view, since two of the table need it.
CREATE TRIGGER archon_task_texts_added INSTEAD OF INSERT ON archon_task_texts BEGIN
    INSERT INTO archon_task_search (rowid, words) VALUES (new.row_id, new.words);
    INSERT INTO archon_task_words (rowid, words) VALUES (new.row_id, new.words || new.filters);
    INSERT INTO archon_words_of_one (rowid, words) VALUES (1, new.words);
    INSERT INTO archon_words (word)
        SELECT DISTINCT CASE WHEN length(CAST(term AS BLOB)) < 32768 THEN term ELSE '' END AS said
        FROM archon_words_of_one_listed
        WHERE NOT EXISTS (SELECT 1 FROM archon_words WHERE word = said);
    INSERT INTO archon_words_of_one (archon_words_of_one) VALUES ('delete-all');
END;
CREATE TRIGGER archon_task_texts_of_new AFTER INSERT ON archon_tasks BEGIN
    INSERT INTO archon_task_texts SELECT row_id, words, filters FROM archon_task_texts WHERE row_id = new.row_id;
END;
CREATE TRIGGER archon_task_texts_of_changed AFTER UPDATE OF title, description, feature, archived ON archon_tasks
WHEN (new.title, new.description, new.archived) <> (old.title, old.description, old.archived)
    OR new.feature IS NOT old.feature
BEGIN
    DELETE FROM archon_task_search WHERE rowid = old.row_id;
    DELETE FROM archon_task_words WHERE rowid = old.row_id;
    INSERT INTO archon_task_texts SELECT row_id, words, filters FROM archon_task_texts WHERE row_id = new.row_id;
END;
-- After the one above or before it: the index says the same.
CREATE TRIGGER archon_task_filters_changed AFTER UPDATE OF project_id, status, assignee ON archon_tasks
WHEN (new.project_id, new.status, new.assignee) <> (old.project_id, old.status, old.assignee)
BEGIN
    DELETE FROM archon_task_words WHERE rowid = old.row_id;
    INSERT INTO archon_task_words (rowid, words)
        SELECT row_id, words || filters FROM archon_task_texts WHERE row_id = new.row_id;
END;

-- Those that are there.
DELETE FROM archon_task_search WHERE rowid IN (SELECT row_id FROM archon_task_texts WHERE instr(words, char(65533)) > 0);
INSERT INTO archon_task_search (rowid, words)
    SELECT row_id, words FROM archon_task_texts WHERE instr(words, char(65533)) > 0;
INSERT INTO archon_task_words (archon_task_words) VALUES ('delete-all');
INSERT INTO archon_task_words (rowid, words) SELECT row_id, words || filters FROM archon_task_texts;
DELETE FROM archon_words WHERE instr(word, char(57344)) > 0;
INSERT INTO archon_words (word)
    SELECT DISTINCT CASE WHEN length(CAST(term AS BLOB)) < 32768 THEN term ELSE '' END AS said
    FROM archon_task_words_listed
    WHERE substr(term, 1, 1) <> char(57344) AND NOT EXISTS (SELECT 1 FROM archon_words WHERE word = said);
