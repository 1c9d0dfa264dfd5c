-- What the silos of a cluster know of each other, and reminders, for Orleans' ADO.NET providers. They ask for their statements
-- by the keys below; the names of parameters and result columns are theirs, everything else is ours.
CREATE TABLE cluster_version (
    deployment text COLLATE "C" NOT NULL PRIMARY KEY,
    version integer NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- suspects: who has said that this silo is dead, and when, as Orleans writes it.
CREATE TABLE cluster_member (
    deployment text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    port integer NOT NULL,
    generation integer NOT NULL,
    silo_name text NOT NULL,
    host_name text NOT NULL,
    status integer NOT NULL,
    proxy_port integer,
    suspects text,
    started_at timestamptz NOT NULL,
    alive_at timestamptz NOT NULL,
    PRIMARY KEY (deployment, address, port, generation)
);

CREATE TABLE cluster_reminder (
    service text COLLATE "C" NOT NULL,
    grain text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    start_at timestamptz NOT NULL,
    period_ms bigint NOT NULL,
    hash integer NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (service, grain, name)
);
CREATE INDEX cluster_reminder_hash ON cluster_reminder (service, hash);

CREATE TABLE OrleansQuery (
    QueryKey text NOT NULL PRIMARY KEY,
    QueryText text NOT NULL
);

-- Membership is one table with one version: a write names the version it follows, and whoever comes second changes nothing.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', '
    WITH added AS (
        INSERT INTO cluster_version (deployment) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT count(*)::int FROM added'),
('InsertMembershipKey', '
    WITH current AS (
        SELECT deployment FROM cluster_version WHERE deployment = @DeploymentId AND version = @Version FOR UPDATE),
    added AS (
        INSERT INTO cluster_member (
            deployment, address, port, generation, silo_name, host_name, status, proxy_port, started_at, alive_at)
        SELECT deployment, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
        FROM current ON CONFLICT DO NOTHING RETURNING 1),
    counted AS (
        UPDATE cluster_version SET version = version + 1, changed_at = now()
        WHERE deployment = @DeploymentId AND EXISTS (SELECT 1 FROM added) RETURNING 1)
    SELECT count(*)::int FROM counted'),
('UpdateMembershipKey', '
    WITH current AS (
        SELECT deployment FROM cluster_version WHERE deployment = @DeploymentId AND version = @Version FOR UPDATE),
    changed AS (
        UPDATE cluster_member m SET status = @Status, suspects = @SuspectTimes, alive_at = @IAmAliveTime FROM current
        WHERE m.deployment = current.deployment AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
        RETURNING 1),
    counted AS (
        UPDATE cluster_version SET version = version + 1, changed_at = now()
        WHERE deployment = @DeploymentId AND EXISTS (SELECT 1 FROM changed) RETURNING 1)
    SELECT count(*)::int FROM counted'),
('UpdateIAmAlivetimeKey', '
    UPDATE cluster_member SET alive_at = @IAmAliveTime
    WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation'),
('MembershipReadRowKey', '
    SELECT v.deployment AS DeploymentId, m.address AS Address, m.port AS Port, m.generation AS Generation,
        m.silo_name AS SiloName, m.host_name AS HostName, m.status AS Status, m.proxy_port AS ProxyPort,
        m.suspects AS SuspectTimes, m.started_at AS StartTime, m.alive_at AS IAmAliveTime, v.version AS Version
    FROM cluster_version v LEFT JOIN cluster_member m ON m.deployment = v.deployment
        AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
    WHERE v.deployment = @DeploymentId'),
('MembershipReadAllKey', '
    SELECT v.deployment AS DeploymentId, m.address AS Address, m.port AS Port, m.generation AS Generation,
        m.silo_name AS SiloName, m.host_name AS HostName, m.status AS Status, m.proxy_port AS ProxyPort,
        m.suspects AS SuspectTimes, m.started_at AS StartTime, m.alive_at AS IAmAliveTime, v.version AS Version
    FROM cluster_version v LEFT JOIN cluster_member m ON m.deployment = v.deployment
    WHERE v.deployment = @DeploymentId'),
('DeleteMembershipTableEntriesKey', '
    WITH members AS (DELETE FROM cluster_member WHERE deployment = @DeploymentId)
    DELETE FROM cluster_version WHERE deployment = @DeploymentId'),
('GatewaysQueryKey', '
    SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation FROM cluster_member
    WHERE deployment = @DeploymentId AND status = @Status AND proxy_port > 0'),
('CleanupDefunctSiloEntriesKey', '
    DELETE FROM cluster_member WHERE deployment = @DeploymentId AND alive_at < @IAmAliveTime AND status <> 3');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpsertReminderRowKey', '
    INSERT INTO cluster_reminder AS r (service, grain, name, start_at, period_ms, hash, version)
    VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
    ON CONFLICT (service, grain, name) DO UPDATE SET
        start_at = excluded.start_at, period_ms = excluded.period_ms, hash = excluded.hash, version = r.version + 1
    RETURNING version AS Version'),
('ReadReminderRowsKey', '
    SELECT grain AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version
    FROM cluster_reminder WHERE service = @ServiceId AND grain = @GrainId'),
('ReadReminderRowKey', '
    SELECT grain AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version
    FROM cluster_reminder WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName'),
('ReadRangeRows1Key', '
    SELECT grain AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version
    FROM cluster_reminder WHERE service = @ServiceId AND hash > @BeginHash AND hash <= @EndHash'),
('ReadRangeRows2Key', '
    SELECT grain AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version
    FROM cluster_reminder WHERE service = @ServiceId AND (hash > @BeginHash OR hash <= @EndHash)'),
('DeleteReminderRowKey', '
    WITH gone AS (
        DELETE FROM cluster_reminder
        WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version RETURNING 1)
    SELECT count(*)::int FROM gone'),
('DeleteReminderRowsKey', '
    DELETE FROM cluster_reminder WHERE service = @ServiceId');
