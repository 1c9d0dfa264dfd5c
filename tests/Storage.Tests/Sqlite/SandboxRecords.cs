using Loopwave.Storage.Sandbox;
using Loopwave.Storage.Tests.Conformance;
using Loopwave.Testing.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loopwave.Storage.Tests.Sqlite;

/// <summary>The record that other tests use in place of a file keeps the same promises.</summary>
public sealed class MemorySandboxRecordTests() : SoleSandboxRecordTests(new MemorySandboxRecord());

public sealed class SqliteSandboxRecordTests : SoleSandboxRecordTests
{
    private readonly DirectoryInfo _folder;

    public SqliteSandboxRecordTests()
        : this(Directory.CreateTempSubdirectory("loopwave-"))
    {
    }

    private SqliteSandboxRecordTests(DirectoryInfo folder)
        : base(Open(folder, "sandbox.db")) => _folder = folder;

    public override ValueTask DisposeAsync()
    {
        (Record as IDisposable)!.Dispose();
        _folder.Delete(recursive: true);
        return base.DisposeAsync();
    }

    [Fact]
    public async Task What_a_file_holds_is_there_when_it_is_opened_again()
    {
        using (var record = Open(_folder, "again.db"))
        {
            await record.Save(new() { Number = Number, Phone = "1" }, []);
        }

        using var again = Open(_folder, "again.db");
        Assert.Equal("1", (await again.Load(Number)).Account!.Phone);
    }

    private static SqliteSandboxRecord Open(DirectoryInfo folder, string name) =>
        SqliteSandboxRecord.Open(Path.Combine(folder.FullName, name), NullLoggerFactory.Instance);
}
