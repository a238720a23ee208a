-- What SQLite's migration makes, in this engine's types. Words are looked for by reading the tasks: what would index them is an
-- extension, which not every server has.

CREATE TABLE archon_projects (
    id           UUID PRIMARY KEY,
    title        TEXT NOT NULL,
    github_repo  TEXT,
    pinned       BOOLEAN NOT NULL DEFAULT FALSE,
    archived     BOOLEAN NOT NULL DEFAULT FALSE,
    archived_at  TIMESTAMPTZ,
    archived_by  TEXT,
    created_at   TIMESTAMPTZ NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL,
    description  TEXT NOT NULL DEFAULT '',
    features     JSONB NOT NULL DEFAULT '[]',
    data         JSONB NOT NULL DEFAULT '[]',
    prd          JSONB NOT NULL DEFAULT '{}',
    docs         JSONB NOT NULL DEFAULT '[]'
);

-- One is pinned, or none.
CREATE UNIQUE INDEX archon_projects_pinned ON archon_projects (pinned) WHERE pinned = TRUE;
CREATE INDEX archon_projects_by_age ON archon_projects (archived, pinned DESC, created_at DESC, id DESC);

CREATE TABLE archon_tasks (
    id                    UUID PRIMARY KEY,
    project_id            UUID NOT NULL REFERENCES archon_projects (id),
    parent_task_id        UUID,
    title                 TEXT NOT NULL,
    status                TEXT NOT NULL CHECK (status IN ('todo', 'doing', 'review', 'done')),
    assignee              TEXT COLLATE "C" NOT NULL DEFAULT 'User',
    task_order            BIGINT NOT NULL DEFAULT 0,
    priority              TEXT NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    feature               TEXT,
    archived              BOOLEAN NOT NULL DEFAULT FALSE,
    archived_at           TIMESTAMPTZ,
    archived_by           TEXT,
    archived_with_project BOOLEAN NOT NULL DEFAULT FALSE,   -- comes back with it
    completed_at          TIMESTAMPTZ,
    completed_by          TEXT,
    created_at            TIMESTAMPTZ NOT NULL,
    updated_at            TIMESTAMPTZ NOT NULL,
    description           TEXT NOT NULL DEFAULT '',
    sources               JSONB NOT NULL DEFAULT '[]',
    code_examples         JSONB NOT NULL DEFAULT '[]'
);

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

CREATE TABLE archon_task_history (
    id            UUID PRIMARY KEY,       -- UUIDv7: sorts by time
    task_id       UUID NOT NULL REFERENCES archon_tasks (id),
    project_id    UUID NOT NULL REFERENCES archon_projects (id),
    field_name    TEXT COLLATE "C" NOT NULL,
    changed_by    TEXT NOT NULL,
    changed_at    TIMESTAMPTZ NOT NULL,
    change_reason TEXT,
    old_value     TEXT,
    new_value     TEXT
);

CREATE INDEX archon_task_history_by_task ON archon_task_history (task_id, id, field_name);
CREATE INDEX archon_task_history_by_project ON archon_task_history (project_id, id);

CREATE TABLE archon_document_versions (
    id             UUID PRIMARY KEY,      -- UUIDv7: sorts by time
    project_id     UUID REFERENCES archon_projects (id),
    task_id        UUID REFERENCES archon_tasks (id),
    field_name     TEXT COLLATE "C" NOT NULL,
    version_number BIGINT NOT NULL CHECK (version_number > 0),
    change_type    TEXT NOT NULL DEFAULT 'update',
    change_summary TEXT,
    document_id    TEXT,
    created_by     TEXT NOT NULL DEFAULT 'system',
    created_at     TIMESTAMPTZ NOT NULL,
    content        JSONB NOT NULL,
    CHECK ((project_id IS NULL) <> (task_id IS NULL))
);

CREATE UNIQUE INDEX archon_document_versions_of_project
    ON archon_document_versions (project_id, field_name, version_number) WHERE project_id IS NOT NULL;
CREATE UNIQUE INDEX archon_document_versions_of_task
    ON archon_document_versions (task_id, field_name, version_number) WHERE task_id IS NOT NULL;
CREATE INDEX archon_document_versions_by_time ON archon_document_versions (project_id, id) WHERE project_id IS NOT NULL;

CREATE TABLE archon_project_sources (
    id         UUID PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES archon_projects (id),
    source_id  TEXT NOT NULL,
    notes      TEXT,                               -- `technical` or `business`
    created_by TEXT NOT NULL DEFAULT 'system',
    linked_at  TIMESTAMPTZ NOT NULL,
    UNIQUE (project_id, source_id)
);
