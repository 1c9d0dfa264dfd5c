using Loopwave.Contacts;

namespace Loopwave.Storage.Sql;

internal sealed class SqlContactStore(ISqlDatabase database) : IContactStore
{
    public async Task<IReadOnlyDictionary<string, ContactDocument>> Find(IReadOnlyCollection<string> parties)
    {
        // Of two contacts whose parties were merged, but which are not yet merged themselves, the older one stands.
        var rows = await database.Query(
            new Statement(
                $"""
                SELECT {SqlParties.Canonical("contact.party")}, body FROM contact
                WHERE merged = 0 AND party IN {SqlParties.WithMerged(database.Dialect, "@parties")} ORDER BY created_at, id
                """,
                ("@parties", database.Dialect.List(parties))),
            row => (Party: row.GetString(0), Contact: row.Document<ContactDocument>(1)));
        return rows.DistinctBy(row => row.Party).ToDictionary(row => row.Party, row => row.Contact);
    }
}
