using MongoDB.Driver;

namespace Loopwave.Storage.Mongo;

/// <summary>Reads <c>MONGODB_URI</c>: <c>mongodb://user:password@host:27017/database</c>, or <c>mongodb+srv://</c>.</summary>
internal static class MongoUri
{
    private const string Form = "MONGODB_URI must look like mongodb://user:password@host:27017/database";

    /// <exception cref="DatabaseUnsuitableException">It cannot be read. The message holds nothing of it that is secret.</exception>
    public static MongoUrl Parse(string text)
    {
        MongoUrl url;
        try
        {
            url = new MongoUrl(text);
        }
        catch (Exception error) when (error is MongoException or ArgumentException or FormatException)
        {
            throw new DatabaseUnsuitableException(
                $"{Form}; it cannot be read. Characters such as @ : / ? # in the password must be written as %40 %3A %2F %3F %23.");
        }

        return string.IsNullOrEmpty(url.DatabaseName) ? throw new DatabaseUnsuitableException($"{Form}; it names no database.") : url;
    }
}
