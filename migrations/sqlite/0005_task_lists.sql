-- What a list of tasks would otherwise count itself, one by one. Triggers keep it, so that it is right whoever writes a task.

-- How many tasks there are, archived ones left out.
CREATE TABLE archon_task_counts (
    project_id TEXT NOT NULL,
    status     TEXT NOT NULL,
    assignee   TEXT NOT NULL,
    tasks      INTEGER NOT NULL CHECK (tasks >= 0),
    PRIMARY KEY (project_id, status, assignee)
) STRICT, WITHOUT ROWID;

INSERT INTO archon_task_counts (project_id, status, assignee, tasks)
    SELECT project_id, status, assignee, COUNT(*) FROM archon_tasks WHERE archived = FALSE
    GROUP BY project_id, status, assignee;

CREATE TRIGGER archon_task_counts_added AFTER INSERT ON archon_tasks WHEN new.archived = FALSE BEGIN
    INSERT INTO archon_task_counts (project_id, status, assignee, tasks)
        VALUES (new.project_id, new.status, new.assignee, 1)
        ON CONFLICT (project_id, status, assignee) DO UPDATE SET tasks = tasks + 1;
END;
CREATE TRIGGER archon_task_counts_changed AFTER UPDATE OF project_id, status, assignee, archived ON archon_tasks
WHEN (new.project_id, new.status, new.assignee, new.archived) <> (old.project_id, old.status, old.assignee, old.archived)
BEGIN
    UPDATE archon_task_counts SET tasks = tasks - 1
        WHERE old.archived = FALSE
          AND project_id = old.project_id AND status = old.status AND assignee = old.assignee;
    DELETE FROM archon_task_counts
        WHERE project_id = old.project_id AND status = old.status AND assignee = old.assignee AND tasks = 0;
    INSERT INTO archon_task_counts (project_id, status, assignee, tasks)
        SELECT new.project_id, new.status, new.assignee, 1 WHERE new.archived = FALSE
        ON CONFLICT (project_id, status, assignee) DO UPDATE SET tasks = tasks + 1;
END;
CREATE TRIGGER archon_task_counts_deleted AFTER DELETE ON archon_tasks WHEN old.archived = FALSE BEGIN
    UPDATE archon_task_counts SET tasks = tasks - 1
        WHERE project_id = old.project_id AND status = old.status AND assignee = old.assignee;
    DELETE FROM archon_task_counts
        WHERE project_id = old.project_id AND status = old.status AND assignee = old.assignee AND tasks = 0;
END;

-- What is indexed of a task. Archived ones are not: how many an index finds is how many a list has. Two letters that the indexes,
-- but nothing else, take for an "s" and a "k" (U+017F, U+212A) are made to be found by neither.
CREATE VIEW archon_task_texts (row_id, words) AS
    SELECT row_id,
        replace(replace(title || char(10) || description || char(10) || coalesce(feature, ''),
            char(383), char(65533)), char(8490), char(65533))
    FROM archon_tasks WHERE archived = FALSE;

-- Beside the index of three letters, which finds everything, one of whole words: for most terms it takes a tenth of the time. Which
-- words a term is a part of, a third one says.
CREATE VIRTUAL TABLE archon_task_words USING fts5 (
    words, content = '', contentless_delete = 1, detail = 'none', tokenize = 'unicode61 remove_diacritics 0'
);
CREATE VIRTUAL TABLE archon_task_words_listed USING fts5vocab ('archon_task_words', 'row');
-- An index cuts a word after 32 KiB. In place of such a word stands an empty one, which says that there are some.
CREATE TABLE archon_words (word_id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE) STRICT;
CREATE VIRTUAL TABLE archon_word_search USING fts5 (
    word, content = 'archon_words', content_rowid = 'word_id', tokenize = 'trigram'
);
CREATE TRIGGER archon_word_search_added AFTER INSERT ON archon_words BEGIN
    INSERT INTO archon_word_search (rowid, word) VALUES (new.word_id, new.word);
END;
CREATE TRIGGER archon_word_search_deleted AFTER DELETE ON archon_words BEGIN
    INSERT INTO archon_word_search (archon_word_search, rowid, word) VALUES ('delete', old.word_id, old.word);
END;
-- The words of one task while it is written: where one ends, the index alone knows.
CREATE VIRTUAL TABLE archon_words_of_one USING fts5 (
    words, content = '', detail = 'none', tokenize = 'unicode61 remove_diacritics 0'
);
CREATE VIRTUAL TABLE archon_words_of_one_listed USING fts5vocab ('archon_words_of_one', 'row');

DROP TRIGGER archon_task_search_added;
DROP TRIGGER archon_task_search_changed;
DROP TRIGGER archon_task_search_deleted;

-- Indexes a task. A trigger of the view, since two of the table need it.
CREATE TRIGGER archon_task_texts_added INSTEAD OF INSERT ON archon_task_texts BEGIN
    INSERT INTO archon_task_search (rowid, words) VALUES (new.row_id, new.words);
    INSERT INTO archon_task_words (rowid, words) VALUES (new.row_id, new.words);
    INSERT INTO archon_words_of_one (rowid, words) VALUES (1, new.words);
    INSERT INTO archon_words (word)
        SELECT DISTINCT CASE WHEN length(CAST(term AS BLOB)) < 32768 THEN term ELSE '' END AS said
        FROM archon_words_of_one_listed
        WHERE NOT EXISTS (SELECT 1 FROM archon_words WHERE word = said);
    INSERT INTO archon_words_of_one (archon_words_of_one) VALUES ('delete-all');
END;
CREATE TRIGGER archon_task_texts_of_new AFTER INSERT ON archon_tasks BEGIN
    INSERT INTO archon_task_texts SELECT row_id, words FROM archon_task_texts WHERE row_id = new.row_id;
END;
CREATE TRIGGER archon_task_texts_of_changed AFTER UPDATE OF title, description, feature, archived ON archon_tasks
WHEN (new.title, new.description, new.archived) <> (old.title, old.description, old.archived)
    OR new.feature IS NOT old.feature
BEGIN
    DELETE FROM archon_task_search WHERE rowid = old.row_id;
    DELETE FROM archon_task_words WHERE rowid = old.row_id;
    INSERT INTO archon_task_texts SELECT row_id, words FROM archon_task_texts WHERE row_id = new.row_id;
END;
CREATE TRIGGER archon_task_texts_of_deleted AFTER DELETE ON archon_tasks BEGIN
    DELETE FROM archon_task_search WHERE rowid = old.row_id;
    DELETE FROM archon_task_words WHERE rowid = old.row_id;
END;
-- A project is deleted for good, and what only it said, too. What is only in archived tasks comes back with them.
CREATE TRIGGER archon_words_forgotten AFTER DELETE ON archon_projects BEGIN
    DELETE FROM archon_words WHERE word NOT IN (
        SELECT CASE WHEN length(CAST(term AS BLOB)) < 32768 THEN term ELSE '' END FROM archon_task_words_listed
    );
END;

-- Those that are there.
DELETE FROM archon_task_search WHERE rowid IN (SELECT row_id FROM archon_tasks WHERE archived = TRUE)
    OR rowid IN (SELECT row_id FROM archon_task_texts WHERE instr(words, char(65533)) > 0);
INSERT INTO archon_task_search (rowid, words)
    SELECT row_id, words FROM archon_task_texts WHERE instr(words, char(65533)) > 0;
INSERT INTO archon_task_words (rowid, words) SELECT row_id, words FROM archon_task_texts;
INSERT INTO archon_words (word)
    SELECT DISTINCT CASE WHEN length(CAST(term AS BLOB)) < 32768 THEN term ELSE '' END FROM archon_task_words_listed;
