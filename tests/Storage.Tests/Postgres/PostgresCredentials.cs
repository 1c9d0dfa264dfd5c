using System.Security.Cryptography;
using Loopwave.Numbers;
using Loopwave.Storage.Credentials;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Postgres;

/// <summary>Credentials in a PostgreSQL database.</summary>
public sealed class PostgresCredentials : CredentialBackend
{
    private readonly string _key = NewKey();

    public PostgresCredentials() => Store = Open(Data, _key);

    public PostgresBackend Data { get; } = PostgresBackend.Create();

    public override ICredentialStore Store { get; }

    public static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>The same credentials, as another process has them.</summary>
    public ICredentialStore In(PostgresBackend process) => Open(process, _key);

    public override async Task<byte[]?> Raw(string number) => (await Data.Database.Query(
        new Statement("SELECT body FROM credential WHERE number = @number", ("@number", number)),
        row => row.GetFieldValue<byte[]>(0))).SingleOrDefault();

    public override Task SetRaw(string number, byte[] bytes) => Data.Database.Run(new Unit(
        [new Statement("UPDATE credential SET body = @body WHERE number = @number", ("@number", number), ("@body", bytes)).ExactlyOne()]));

    public override ICredentialStore WithOtherKey() => Open(Data, NewKey());

    public override ValueTask DisposeAsync() => Data.DisposeAsync();

    private static PostgresCredentialStore Open(PostgresBackend process, string key) => new(process.Database, CredentialKeys.Of(key));
}
