using MongoDB.Driver;

namespace Loopwave.Testing.Storage;

/// <summary>
/// The MongoDB server of the tests, which somebody else has started: <c>LOOPWAVE_TEST_MONGODB_URI</c> names it. Databases on it whose
/// name begins with <c>loopwave_test_</c> are made and dropped.
/// </summary>
public static class MongoServer
{
    public const string Variable = "LOOPWAVE_TEST_MONGODB_URI";

    private static readonly Lazy<MongoClient> s_client = new(() => new MongoClient(Uri));

    public static string? Uri { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } uri ? uri : null;

    public static MongoUrl Url(string database) => new MongoUrlBuilder(Uri) { DatabaseName = database }.ToMongoUrl();

    public static IMongoDatabase Database(string name) => s_client.Value.GetDatabase(name);

    public static string NewName() => "loopwave_test_" + NewId.Key();

    public static Task Drop(string name) => s_client.Value.DropDatabaseAsync(name);
}
