using Loopwave.Chats;
using Loopwave.Contacts;
using Loopwave.Messages;
using Loopwave.Numbers;

namespace Loopwave.Storage.Sql;

/// <summary>
/// Turns a change of a number into statements. The first one is the fence: it finds its row only under the epoch given.
/// Chats come before messages, since a message is compared by the chats that are there.
/// </summary>
internal sealed class SqlNumberCommit(ISqlDialect dialect)
{
    /// <summary>
    /// The network gives a message one identity; what was merged since counts as one chat and one sender. The plus keeps
    /// SQLite from weighing a partial index by the parameter's value, for which it would prepare the statement every time.
    /// </summary>
    private static readonly string NoSuchMessage =
        $"""
        SELECT 1 WHERE NOT EXISTS (
            SELECT 1 FROM message m
            WHERE m.number = @number AND m.whatsapp_id = @whatsAppId AND +m.from_me = @fromMe
            AND {SqlParties.Canonical("m.sender")} = {SqlParties.Canonical("@sender")}
            AND (m.chat = @chat OR EXISTS (
                SELECT 1 FROM chat a, chat b WHERE a.id = m.chat AND b.id = @chat
                AND (a.root = b.root OR {SqlParties.Canonical("a.party")} = {SqlParties.Canonical("b.party")}))))
        """;

    // The rows that pointed at the party that is merged now follow it, so that every merge is one step away.
    private static readonly string InsertMerge =
        $"""
        INSERT INTO party_merge (party, merged_into)
        SELECT loser, winner FROM (SELECT {SqlParties.Canonical("@from")} AS loser, {SqlParties.Canonical("@into")} AS winner) AS merge
        WHERE loser <> winner
        """;

    private static readonly string FollowMerge =
        $"""
        UPDATE party_merge SET merged_into = {SqlParties.Canonical("@into")}
        WHERE merged_into IN (SELECT party FROM party_merge WHERE merged_into = {SqlParties.Canonical("@into")})
        """;

    private static readonly string InsertAlias =
        $"""
        INSERT INTO party_alias (jid, party) VALUES (@jid, @party)
        ON CONFLICT (jid) DO UPDATE SET jid = excluded.jid
        WHERE {SqlParties.Canonical("party_alias.party")} = {SqlParties.Canonical("excluded.party")}
        """;

    public List<Statement> Create(NumberDocument number, TimelineEntry first, IdempotencyRecord? idempotency)
    {
        List<Statement> unit =
        [
            new Statement(
                """
                INSERT INTO number (id, engine, desired, status, removed, linked_phone, created_at, updated_at, body)
                VALUES (@id, @engine, @desired, @status, @removed, @linkedPhone, @createdAt, @updatedAt, @body)
                """,
                [.. Number(number), ("@engine", Rows.Word(number.Engine)), ("@createdAt", Rows.Ticks(number.CreatedAt))]).OrElse(CommitResult.Duplicate),
            new Statement(
                "INSERT INTO number_owner (number, epoch, sequence) VALUES (@number, 0, @sequence)",
                ("@number", number.Id), ("@sequence", first.Sequence)),
            Timeline(first),
        ];
        if (idempotency is not null)
        {
            unit.Add(Idempotency(idempotency));
        }

        return unit;
    }

    public List<Statement> Commit(NumberChanges changes)
    {
        List<Statement> unit = [Fence(changes).OrElse(CommitResult.StaleEpoch)];
        if (dialect.SideBySide && changes.Merges.Count > 0)
        {
            // Two merges that do not see each other would leave a party two steps from its end, or in a circle.
            unit.Add(dialect.Alone("merge of parties"));
        }

        unit.AddRange(InOrder(changes.Aliases, alias => alias.Jid).Select(alias =>
            new Statement(InsertAlias, ("@jid", alias.Jid), ("@party", alias.Party)).OrElse(CommitResult.Duplicate)));
        foreach (var merge in changes.Merges)
        {
            unit.Add(new Statement(InsertMerge, ("@from", merge.From), ("@into", merge.Into)));
            unit.Add(new Statement(FollowMerge, ("@into", merge.Into)));
        }

        unit.AddRange(changes.Chats.SelectMany(Chat));
        unit.AddRange(InOrder(changes.Contacts, contact => contact.Id).Select(Contact));
        unit.AddRange(changes.NewMessages.SelectMany(NewMessage));
        unit.AddRange(changes.ChangedMessages.Select(ChangedMessage));
        unit.AddRange(changes.Enqueued.Select(Enqueued));
        unit.AddRange(changes.ChangedQueue.Select(ChangedQueue));
        unit.AddRange(changes.Dequeued.Select(sequence => new Statement(
            "DELETE FROM send_queue WHERE number = @number AND sequence = @sequence", ("@number", changes.Number), ("@sequence", sequence))));
        unit.AddRange(changes.Sent.Select(SqlSentMessages.Put));
        unit.AddRange(changes.Media.Select(SqlMediaStore.Put));
        unit.AddRange(changes.Events.Select(Event));
        unit.AddRange(changes.Idempotency.Select(Idempotency));
        if (changes.Document is { } document)
        {
            unit.Add(new Statement(
                """
                UPDATE number SET desired = @desired, status = @status, removed = @removed, linked_phone = @linkedPhone,
                    updated_at = @updatedAt, body = @body
                WHERE id = @id
                """,
                Number(document)).ExactlyOne());
        }

        if (changes.Timeline.Count > 0)
        {
            unit.AddRange(changes.Timeline.Select(Timeline));
            unit.Add(new Statement(
                """
                DELETE FROM number_timeline WHERE number = @number AND sequence <= (
                    SELECT sequence FROM number_timeline WHERE number = @number ORDER BY sequence DESC LIMIT 1 OFFSET 200)
                """,
                ("@number", changes.Number)));
        }

        return unit;
    }

    // What belongs to no number is locked in one order by everybody, so that no two units wait for each other.
    private IEnumerable<T> InOrder<T>(IReadOnlyList<T> items, Func<T, string> key) =>
        dialect.SideBySide && items.Count > 1 ? items.OrderBy(key, StringComparer.Ordinal) : items;

    private static Statement Fence(NumberChanges changes)
    {
        const string Sequence = "sequence = CASE WHEN sequence < @sequence THEN @sequence ELSE sequence END";
        const string Where = "WHERE number = @number AND epoch = @epoch";
        (string, object?)[] parameters = [("@sequence", changes.Sequence), ("@number", changes.Number), ("@epoch", changes.Epoch)];
        return changes.Day is { } day
            ? new Statement(
                $"UPDATE number_owner SET {Sequence}, day = @day, received = @received, sent = @sent {Where}",
                [.. parameters, ("@day", day.Day.DayNumber), ("@received", day.Received), ("@sent", day.Sent)])
            : new Statement($"UPDATE number_owner SET {Sequence} {Where}", parameters);
    }

    private static (string, object?)[] Number(NumberDocument number) =>
    [
        ("@id", number.Id),
        ("@desired", number.Session.LogOutDue is null ? Rows.Word(number.Desired) : "log_out"),
        ("@status", Rows.Word(number.Session.Status)),
        ("@removed", Rows.Flag(number.RemovedAt is not null)),
        ("@linkedPhone", number.Session is { Paired: true, LogOutDue: null } && number.RemovedAt is null ? number.Phone : null),
        ("@updatedAt", Rows.Ticks(number.UpdatedAt)),
        ("@body", StorageJson.Write(number)),
    ];

    private static Statement Timeline(TimelineEntry entry) => new(
        "INSERT INTO number_timeline (number, sequence, body) VALUES (@number, @sequence, @body)",
        ("@number", entry.Number), ("@sequence", entry.Sequence), ("@body", StorageJson.Write(entry)));

    private static IEnumerable<Statement> Chat(ChatDocument chat)
    {
        yield return new Statement(
            """
            INSERT INTO chat (id, number, party, root, merged, status, unread, activity, updated_at, search, body)
            VALUES (@id, @number, @party, coalesce((SELECT root FROM chat WHERE id = @mergedInto), @mergedInto, @id),
                @merged, @status, @unread, @activity, @updatedAt, @search, @body)
            ON CONFLICT (id) DO UPDATE SET root = excluded.root, merged = excluded.merged, status = excluded.status,
                unread = excluded.unread, activity = excluded.activity, updated_at = excluded.updated_at,
                search = excluded.search, body = excluded.body
            """,
            ("@id", chat.Id), ("@number", chat.Number), ("@party", chat.Party), ("@mergedInto", chat.MergedInto),
            ("@merged", Rows.Flag(chat.MergedInto is not null)), ("@status", Rows.Word(chat.Status)), ("@unread", chat.UnreadCount),
            ("@activity", Rows.Ticks(chat.LastMessageAt ?? chat.CreatedAt)), ("@updatedAt", Rows.Ticks(chat.UpdatedAt)),
            ("@search", ChatSearch.Text(chat)), ("@body", StorageJson.Write(chat)));
        if (chat.MergedInto is not null)
        {
            yield return new Statement(
                "UPDATE chat SET root = (SELECT root FROM chat WHERE id = @id) WHERE root = @id AND merged = 1 AND id <> @id", ("@id", chat.Id));
        }
    }

    // Other numbers write contacts too, each from its own memory: what is not based on the stored one would undo theirs.
    private static Statement Contact(ContactDocument contact)
    {
        (string, object?)[] parameters =
        [
            ("@id", contact.Id), ("@party", contact.Party), ("@merged", Rows.Flag(contact.MergedInto is not null)),
            ("@version", contact.Version), ("@body", StorageJson.Write(contact)),
        ];
        return (contact.Version <= 1
            ? new Statement(
                "INSERT INTO contact (id, party, merged, version, created_at, body) VALUES (@id, @party, @merged, @version, @createdAt, @body)",
                [.. parameters, ("@createdAt", Rows.Ticks(contact.CreatedAt))])
            : new Statement(
                "UPDATE contact SET party = @party, merged = @merged, version = @version, body = @body WHERE id = @id AND version = @version - 1",
                parameters)).OrElse(CommitResult.Duplicate);
    }

    // Two statements: one that inserts what it selects from the same table builds a table of its own for that.
    private static IEnumerable<Statement> NewMessage(MessageDocument message)
    {
        (string, object?)[] identity =
        [
            ("@number", message.Number), ("@chat", message.Chat), ("@sender", message.Sender ?? ""),
            ("@fromMe", Rows.Flag(message.FromMe)), ("@whatsAppId", message.WhatsAppId),
        ];
        yield return new Statement(NoSuchMessage, identity).Returning().OrElse(CommitResult.Duplicate);
        yield return new Statement(
            """
            INSERT INTO message (id, number, chat, sender, from_me, whatsapp_id, timestamp, updated_at, body)
            VALUES (@id, @number, @chat, @sender, @fromMe, @whatsAppId, @timestamp, @updatedAt, @body)
            """,
            [
                .. identity, ("@id", message.Id), ("@timestamp", Rows.Ticks(message.Timestamp)),
                ("@updatedAt", Rows.Ticks(message.UpdatedAt)), ("@body", StorageJson.Write(message)),
            ]).OrElse(CommitResult.Duplicate);
    }

    private static Statement ChangedMessage(MessageDocument message) => new Statement(
        "UPDATE message SET timestamp = @timestamp, updated_at = @updatedAt, body = @body WHERE id = @id AND number = @number",
        ("@timestamp", Rows.Ticks(message.Timestamp)), ("@updatedAt", Rows.Ticks(message.UpdatedAt)), ("@body", StorageJson.Write(message)),
        ("@id", message.Id), ("@number", message.Number)).ExactlyOne();

    private static Statement Enqueued(QueueItem item) => new(
        "INSERT INTO send_queue (number, sequence, prepared, body) VALUES (@number, @sequence, @prepared, @body)", Queue(item));

    private static Statement ChangedQueue(QueueItem item) => new Statement(
        "UPDATE send_queue SET prepared = @prepared, body = @body WHERE number = @number AND sequence = @sequence", Queue(item)).ExactlyOne();

    // The bytes have a column of their own: text would make them a third larger.
    private static (string, object?)[] Queue(QueueItem item) =>
    [
        ("@number", item.Number), ("@sequence", item.Sequence), ("@prepared", item.Prepared),
        ("@body", StorageJson.Write(item with { Prepared = null })),
    ];

    private static Statement Event(OutboxEvent item) => new(
        "INSERT INTO outbox (id, number, chat, sequence, event, body, at) VALUES (@id, @number, @chat, @sequence, @event, @body, @at)",
        ("@id", item.Id), ("@number", item.Number), ("@chat", item.Chat), ("@sequence", item.Sequence), ("@event", item.Event),
        ("@body", item.Body), ("@at", Rows.Ticks(item.At)));

    private static Statement Idempotency(IdempotencyRecord record) =>
        new Statement(
            """
            INSERT INTO idempotency (scope, key, body_hash, result, at) VALUES (@scope, @key, @bodyHash, @result, @at)
            ON CONFLICT (scope, key) DO UPDATE SET body_hash = excluded.body_hash, result = excluded.result, at = excluded.at
            WHERE idempotency.at <= @expired
            """,
            ("@scope", record.Key.Scope), ("@key", record.Key.Key), ("@bodyHash", record.Key.BodyHash), ("@result", record.Result),
            ("@at", Rows.Ticks(record.At)), ("@expired", Rows.Ticks(record.At - Ages.Idempotency))).OrElse(CommitResult.Duplicate);
}
