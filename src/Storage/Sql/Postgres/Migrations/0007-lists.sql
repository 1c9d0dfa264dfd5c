-- Lists begin their index with everything that narrows them much, see docs/decisions/0014.
CREATE INDEX IF NOT EXISTS chat_number_updated ON chat (number, updated_at, id) WHERE merged = 0;
CREATE INDEX IF NOT EXISTS chat_number_unread ON chat (number, activity, id) WHERE merged = 0 AND unread > 0;
-- Partial: an index that begins with the engine looks dearer to the planner than going through the real numbers as well.
CREATE INDEX IF NOT EXISTS number_sandbox ON number (created_at, id) WHERE engine = 'sandbox';
CREATE INDEX IF NOT EXISTS number_sandbox_updated ON number (updated_at, id) WHERE engine = 'sandbox';
CREATE INDEX IF NOT EXISTS number_ready ON number (engine, created_at, id) WHERE status = 'ready' AND removed = 0;
