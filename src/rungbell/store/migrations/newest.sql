-- What the migrations come to, for a new file; written by tests.store.write_newest, and held against them.
BEGIN IMMEDIATE;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE alerts (
	group_key TEXT NOT NULL,
	"key" TEXT NOT NULL,
	firing INTEGER NOT NULL,
	starts_at BIGINT NOT NULL,
	ends_at BIGINT,
	severity TEXT,
	seen_at BIGINT NOT NULL,
	facts TEXT NOT NULL,
	CONSTRAINT pk_alerts PRIMARY KEY (group_key, "key")
)
 WITHOUT ROWID;
CREATE TABLE policies (
	hash TEXT NOT NULL,
	format INTEGER NOT NULL,
	document TEXT NOT NULL,
	CONSTRAINT pk_policies PRIMARY KEY (hash)
);
CREATE TABLE heartbeats (
	source TEXT NOT NULL,
	seen_at BIGINT NOT NULL,
	CONSTRAINT pk_heartbeats PRIMARY KEY (source)
);
CREATE TABLE applied (
	event TEXT NOT NULL,
	at BIGINT NOT NULL,
	reply TEXT NOT NULL,
	CONSTRAINT pk_applied PRIMARY KEY (event)
);
CREATE TABLE notes (
	name TEXT NOT NULL,
	value TEXT NOT NULL,
	CONSTRAINT pk_notes PRIMARY KEY (name)
);
CREATE TABLE tokens (
	hash TEXT NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	scopes TEXT NOT NULL,
	person TEXT,
	source TEXT,
	created_at BIGINT NOT NULL,
	created_by TEXT NOT NULL,
	expires_at BIGINT,
	revoked_at BIGINT,
	CONSTRAINT pk_tokens PRIMARY KEY (hash),
	CONSTRAINT uq_tokens_id UNIQUE (id)
);
CREATE INDEX ix_alerts_seen_at ON alerts (seen_at) WHERE firing = 0;
CREATE INDEX ix_applied_at ON applied (at);
CREATE TABLE overrides (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	schedule TEXT NOT NULL,
	person TEXT NOT NULL,
	begins BIGINT NOT NULL,
	ends BIGINT NOT NULL,
	instead_of TEXT,
	reason TEXT NOT NULL,
	made_by TEXT NOT NULL,
	made_at BIGINT NOT NULL,
	CONSTRAINT ck_overrides_ends_after_it_begins CHECK (begins < ends)
);
CREATE INDEX ix_overrides_ends ON overrides (ends);
CREATE TABLE handover_notes (
	number INTEGER NOT NULL,
	schedule TEXT NOT NULL,
	"by" TEXT NOT NULL,
	at BIGINT NOT NULL,
	text TEXT NOT NULL,
	CONSTRAINT pk_handover_notes PRIMARY KEY (number)
);
CREATE INDEX ix_handover_notes_schedule ON handover_notes (schedule, number);
CREATE INDEX ix_handover_notes_at ON handover_notes (at);
CREATE TABLE "outbox" (
	intent TEXT NOT NULL,
	incident TEXT,
	cycle INTEGER,
	round INTEGER,
	tier TEXT,
	severity TEXT,
	person TEXT NOT NULL,
	channel TEXT NOT NULL,
	purpose TEXT NOT NULL,
	kind TEXT NOT NULL,
	priority INTEGER NOT NULL,
	created_at BIGINT NOT NULL,
	send_after BIGINT NOT NULL,
	state TEXT NOT NULL,
	due_at BIGINT,
	attempts INTEGER NOT NULL,
	failure TEXT,
	reference TEXT,
	facts TEXT, bundle TEXT,
	CONSTRAINT pk_outbox PRIMARY KEY (intent),
	CONSTRAINT ck_outbox_unsent_has_due_at CHECK ((state IN ('waiting', 'leased')) = (due_at IS NOT NULL))
);
CREATE INDEX ix_outbox_incident ON outbox (incident, cycle, round);
CREATE INDEX ix_outbox_due ON outbox (channel, priority, due_at) WHERE due_at IS NOT NULL;
CREATE TABLE "incidents" (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	id TEXT NOT NULL,
	"key" TEXT NOT NULL,
	name_base TEXT,
	name_count INTEGER,
	status TEXT NOT NULL,
	severity TEXT NOT NULL,
	policy TEXT NOT NULL,
	opened_at BIGINT NOT NULL,
	wake_at BIGINT,
	version INTEGER NOT NULL,
	facts TEXT NOT NULL,
	resolved_at BIGINT,
	overdue TEXT,
	likeness TEXT, entries INTEGER DEFAULT '0' NOT NULL, head TEXT,
	CONSTRAINT uq_incidents_id UNIQUE (id),
	CONSTRAINT uq_incidents_name_base_name_count UNIQUE (name_base, name_count),
	CONSTRAINT ck_incidents_open_has_wake_at CHECK (resolved_at IS NOT NULL OR wake_at IS NOT NULL)
);
CREATE INDEX ix_incidents_key ON incidents ("key", number);
CREATE INDEX ix_incidents_status ON incidents (status, number);
CREATE INDEX ix_incidents_wake_at ON incidents (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX ix_incidents_resolved_at ON incidents (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX ix_incidents_likeness ON incidents (likeness, opened_at) WHERE likeness IS NOT NULL;
CREATE INDEX ix_incidents_open ON incidents (number) WHERE resolved_at IS NULL;
CREATE INDEX ix_incidents_overdue ON incidents (overdue) WHERE overdue IS NOT NULL;
CREATE TABLE "timeline" (
	id INTEGER NOT NULL,
	incident TEXT NOT NULL,
	seq INTEGER NOT NULL,
	at BIGINT NOT NULL,
	kind TEXT NOT NULL,
	actor TEXT NOT NULL,
	tier TEXT,
	channel TEXT,
	text TEXT NOT NULL,
	facts TEXT NOT NULL,
	hash TEXT NOT NULL,
	CONSTRAINT pk_timeline_anew PRIMARY KEY (id)
);
CREATE TRIGGER timeline_is_never_changed BEFORE UPDATE ON timeline BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;
CREATE TRIGGER timeline_is_never_replaced BEFORE INSERT ON timeline WHEN
    EXISTS (SELECT 1 FROM timeline WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM timeline WHERE incident = NEW.incident AND seq = NEW.seq)
 BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;
CREATE TRIGGER timeline_is_never_cut BEFORE DELETE ON timeline WHEN EXISTS (SELECT 1 FROM incidents WHERE id = OLD.incident) BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;
CREATE UNIQUE INDEX ix_timeline_incident ON timeline (incident, seq);
CREATE TABLE forgotten (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	person TEXT NOT NULL,
	at BIGINT NOT NULL,
	"by" TEXT NOT NULL,
	CONSTRAINT uq_forgotten_person UNIQUE (person)
);
CREATE TABLE communications (
	incident TEXT NOT NULL,
	number INTEGER NOT NULL,
	state TEXT NOT NULL,
	facts TEXT NOT NULL,
	CONSTRAINT pk_communications PRIMARY KEY (incident, number)
);
CREATE INDEX ix_communications_open ON communications (incident) WHERE state IN ('draft', 'reviewed');
CREATE INDEX ix_outbox_reference ON outbox (reference) WHERE reference IS NOT NULL;
CREATE INDEX ix_incidents_policy ON incidents (policy, opened_at);
CREATE INDEX ix_outbox_bundle ON outbox (bundle) WHERE bundle IS NOT NULL;
INSERT INTO alembic_version (version_num) VALUES ('0011');
COMMIT;
