using Npgsql;

namespace Loopwave.Configuration;

/// <summary>
/// <c>POSTGRES_URI</c>, written as people write it, <c>postgresql://user:password@host:5432/database?sslmode=require</c>, or in the
/// driver's own form, <c>Host=…;Username=…</c>.
/// </summary>
internal static class PostgresUri
{
    private const int DefaultPort = 5432;

    /// <summary>The driver's form; null when it cannot be read. Nothing that is returned or thrown is meant to be shown: it can hold a password.</summary>
    public static string? ToConnectionString(string text)
    {
        try
        {
            var builder = text.Contains("://", StringComparison.Ordinal) ? FromUri(text) : new NpgsqlConnectionStringBuilder(text);
            return builder is { Host.Length: > 0 } ? builder.ConnectionString : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static NpgsqlConnectionStringBuilder? FromUri(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("postgres" or "postgresql") || uri.Host.Length == 0)
        {
            return null;
        }

        var builder = new NpgsqlConnectionStringBuilder { Host = uri.IdnHost, Port = uri.Port > 0 ? uri.Port : DefaultPort };
        var user = uri.UserInfo.Split(':', 2);
        Set(user[0], value => builder.Username = value);
        Set(user.ElementAtOrDefault(1), value => builder.Password = value);
        Set(uri.AbsolutePath.TrimStart('/'), value => builder.Database = value);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            Set(parts.ElementAtOrDefault(1), value => builder[Keyword(Uri.UnescapeDataString(parts[0]))] = value);
        }

        return builder;
    }

    private static void Set(string? text, Action<string> set)
    {
        if (!string.IsNullOrEmpty(text))
        {
            set(Uri.UnescapeDataString(text));
        }
    }

    // Names as libpq has them in an address, where the driver calls them something else.
    private static string Keyword(string name) => name.ToLowerInvariant() switch
    {
        "sslmode" => "SSL Mode",
        "sslrootcert" => "Root Certificate",
        "sslcert" => "SSL Certificate",
        "sslkey" => "SSL Key",
        "application_name" => "Application Name",
        "connect_timeout" => "Timeout",
        "host" => "Host",
        _ => name,
    };
}
