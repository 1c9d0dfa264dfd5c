using Loopwave.Deployment;
using Loopwave.Messages;
using Loopwave.Numbers;
using Loopwave.Storage.Sql;
using Loopwave.Storage.Tests.Conformance;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loopwave.Storage.Tests.Sqlite;

/// <summary>Opening the data of a standalone deployment: once at a time, and a sentence for whatever is wrong.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("loopwave-").FullName;

    private SqliteStorageOptions Options => new() { DataDirectory = Path.Combine(_directory, "data") };

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Data_stays_over_a_restart()
    {
        var number = Sample.Number();
        await using (var services = Services(SqliteStorage.Open(Options, NullLoggerFactory.Instance)))
        {
            await services.GetRequiredService<INumberStore>().Create(number, Sample.Transition(number.Id, 1), null);
            await services.GetRequiredService<ICredentialStore>().Save(number.Id, 1, [new("creds", [1])], begins: true);
        }

        await using var again = Services(SqliteStorage.Open(Options, NullLoggerFactory.Instance));
        Assert.NotNull(await again.GetRequiredService<INumberStore>().Load(number.Id));
        Assert.IsType<CredentialsRead.Found>(await again.GetRequiredService<ICredentialStore>().Load(number.Id));
    }

    [Fact]
    public async Task Database_files_are_made_for_the_owner_alone_and_those_that_were_there_keep_their_rights()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Directory.CreateDirectory(Options.DataDirectory, (UnixFileMode)0b111_111_111);
        using (var storage = SqliteStorage.Open(Options, NullLoggerFactory.Instance))
        {
            await storage.Database.Run(new Unit([new Statement("CREATE TABLE of_this_test (id)")]));
            var files = Directory.GetFiles(Options.DataDirectory, "loopwave.db*");
            Assert.Equal(3, files.Length);
            Assert.All(files, file => Assert.Equal(Owner, new FileInfo(file).UnixFileMode));
        }

        // Such as a group that is meant to make backups.
        var path = Path.Combine(Options.DataDirectory, "loopwave.db");
        File.SetUnixFileMode(path, Owner | UnixFileMode.GroupRead);
        SqliteStorage.Open(Options, NullLoggerFactory.Instance).Dispose();
        Assert.Equal(Owner | UnixFileMode.GroupRead, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_second_process_on_the_same_data_is_refused_until_the_first_ends()
    {
        using (SqliteStorage.Open(Options, NullLoggerFactory.Instance))
        {
            var error = Assert.Throws<DataInUseException>(() => SqliteStorage.Open(Options, NullLoggerFactory.Instance));
            Assert.Contains(Path.GetFullPath(Options.DataDirectory), error.Message);
        }

        SqliteStorage.Open(Options, NullLoggerFactory.Instance).Dispose();
    }

    [Fact]
    public void A_second_process_with_the_same_credentials_is_refused_and_gives_its_own_data_back()
    {
        using var first = SqliteStorage.Open(Options, NullLoggerFactory.Instance);
        var second = Options with { DataDirectory = Path.Combine(_directory, "other"), AuthDirectory = Path.Combine(Options.DataDirectory, "auth") };
        Assert.Throws<DataInUseException>(() => SqliteStorage.Open(second, NullLoggerFactory.Instance));
        SqliteStorage.Open(second with { AuthDirectory = null }, NullLoggerFactory.Instance).Dispose();
    }

    [Theory]
    [InlineData("data", "DATA_DIR")]
    [InlineData("auth", "AUTH_DIR")]
    [InlineData("media", "MEDIA_DIR")]
    public void A_directory_that_cannot_be_written_to_is_named(string which, string setting)
    {
        // A file in its place keeps even an administrator from writing there.
        var blocked = Path.Combine(_directory, "file");
        File.WriteAllText(blocked, "");
        var options = which switch
        {
            "data" => Options with { DataDirectory = Path.Combine(blocked, "x") },
            "auth" => Options with { AuthDirectory = Path.Combine(blocked, "x") },
            _ => Options with { MediaDirectory = Path.Combine(blocked, "x") },
        };

        var error = Assert.Throws<DirectoryNotWritableException>(() => SqliteStorage.Open(options, NullLoggerFactory.Instance));

        Assert.StartsWith(setting, error.Message);
        SqliteStorage.Open(Options, NullLoggerFactory.Instance).Dispose();
    }

    [Fact]
    public void A_database_of_a_later_release_is_refused_and_left_alone()
    {
        SqliteStorage.Open(Options, NullLoggerFactory.Instance).Dispose();
        Execute("INSERT INTO SchemaVersions (ScriptName, Applied) VALUES ('0099-later.sql', '2030-01-01')");
        var error = Assert.Throws<NewerSchemaException>(() => SqliteStorage.Open(Options, NullLoggerFactory.Instance));
        Assert.Contains("newer release", error.Message);
    }

    [Fact]
    public async Task A_process_that_runs_is_told_that_a_later_release_has_come()
    {
        await using var services = Services(SqliteStorage.Open(Options, NullLoggerFactory.Instance));
        var store = services.GetRequiredService<IDeploymentStore>();
        Assert.False((await store.State()).IsNewer);

        Execute("INSERT INTO SchemaVersions (ScriptName, Applied) VALUES ('0099-later.sql', '2030-01-01')");

        Assert.True((await store.State()).IsNewer);
    }

    [Fact]
    public async Task A_document_of_a_later_release_is_refused_and_one_without_new_fields_is_read()
    {
        await using var backend = new SqliteBackend();
        var number = Sample.Number();
        await backend.Numbers.Create(number, Sample.Transition(number.Id, 1), null);
        await Set("$.somethingUnknown", 1);
        Assert.NotNull(await backend.Numbers.Load(number.Id));
        await Set("$.schemaVersion", 99);
        await Assert.ThrowsAsync<NewerSchemaException>(() => backend.Numbers.Load(number.Id));

        Task Set(string path, int value) => backend.Database.Run(new Unit(
            [new Statement("UPDATE number SET body = json_set(body, @path, @value)", ("@path", path), ("@value", value)).ExactlyOne()]));
    }

    [Fact]
    public async Task Every_document_begins_with_its_schema_version()
    {
        await using var backend = new SqliteBackend();
        var owned = await Sample.OwnedNumber(backend);
        var chat = Sample.Chat(owned.Id);
        var message = Sample.Message(chat, fromMe: true);
        await backend.Numbers.Commit(
            owned.Change() with { Chats = [chat], NewMessages = [message], Enqueued = [Sample.Queue(message, 5)], Contacts = [Sample.Contact(chat.Party)] },
            owned.Lane);
        foreach (var table in new[] { "number", "number_timeline", "chat", "message", "send_queue", "contact" })
        {
            var bodies = await backend.Database.Query(new Statement($"SELECT body FROM {table}"), row => row.GetString(0));
            Assert.All(bodies, body => Assert.StartsWith("{\"schemaVersion\":1,", body));
            Assert.NotEmpty(bodies);
        }
    }

    [Fact]
    public void What_is_no_database_is_said_and_left_alone()
    {
        Directory.CreateDirectory(Options.DataDirectory);
        var file = Path.Combine(Options.DataDirectory, "loopwave.db");
        File.WriteAllText(file, new string('x', 10_000));
        Assert.Throws<StorageDamagedException>(() => SqliteStorage.Open(Options, NullLoggerFactory.Instance));
        Assert.Equal(10_000, new FileInfo(file).Length);
    }

    [Fact]
    public async Task Every_port_is_registered_and_opened_when_it_is_first_asked_for()
    {
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSqliteStorage(Options);
        await using var services = collection.BuildServiceProvider();
        foreach (var port in collection.Select(service => service.ServiceType).Where(type => type.Namespace!.StartsWith("Loopwave", StringComparison.Ordinal)))
        {
            Assert.NotNull(services.GetRequiredService(port));
        }

        Assert.Empty(await services.GetRequiredService<IMessageStore>().Get(["m_unknown"]));
    }

    private static ServiceProvider Services(SqliteStorage storage) => new ServiceCollection().AddSqliteStorage(storage).BuildServiceProvider();

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Options.DataDirectory, "loopwave.db")};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
