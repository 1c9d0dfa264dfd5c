using Loopwave.Numbers;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Sql;

/// <summary>The ports as they are on any database that speaks SQL.</summary>
internal static class SqlPorts
{
    public static StorePorts On(ISqlDatabase database, TimeProvider clock) => new()
    {
        Numbers = new SqlNumberStore(database, clock),
        Ownership = new SqlOwnershipStore(database),
        Messages = new SqlMessageStore(database),
        Chats = new SqlChatStore(database),
        Contacts = new SqlContactStore(database),
        Media = new SqlMediaStore(database),
        Sent = new SqlSentMessages(database),
        ApiKeys = new SqlApiKeyStore(database),
        Team = new SqlTeamStore(database),
        Deployment = new SqlDeploymentStore(database),
        Silos = new SqlSiloStore(database),
        GrainStorage = new SqlGrainStorage(database, "test"),
        Reminders = new SqlReminderTable(database, "test"),
    };

    /// <summary>As <see cref="Backend.Outbox"/>.</summary>
    public static async Task<IReadOnlyList<OutboxEvent>> Outbox(ISqlDatabase database, string number) => await database.Query(
        new Statement("SELECT id, number, chat, sequence, event, body, at FROM outbox WHERE number = @number ORDER BY position", ("@number", number)),
        row => new OutboxEvent(
            row.GetString(0), row.GetString(1), row.Text(2), row.GetInt64(3), row.GetString(4), row.GetFieldValue<byte[]>(5), row.Time(6)));

    /// <summary>As <see cref="Backend.ExpireLease"/>.</summary>
    public static Task ExpireLease(ISqlDatabase database, string incarnation) => database.Run(new Unit(
        [new Statement("UPDATE silo_lease SET expires_at = 0 WHERE incarnation = @incarnation", ("@incarnation", incarnation)).ExactlyOne()]));

    /// <summary>As <see cref="Backend.RemoveLease"/>.</summary>
    public static Task RemoveLease(ISqlDatabase database, string incarnation) => database.Run(new Unit(
        [new Statement("DELETE FROM silo_lease WHERE incarnation = @incarnation", ("@incarnation", incarnation)).ExactlyOne()]));

    /// <summary>The names of all leases that are stored.</summary>
    public static Task<List<string>> Leases(ISqlDatabase database) => database.Query(
        new Statement("SELECT incarnation FROM silo_lease ORDER BY incarnation"), row => row.GetString(0));
}
