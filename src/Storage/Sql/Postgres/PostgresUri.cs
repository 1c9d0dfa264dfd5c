using System.Globalization;
using Npgsql;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>
/// Reads <c>POSTGRES_URI</c>: <c>postgresql://user:password@host:port/database?sslmode=require</c> as other programs take it, or
/// the keywords of Npgsql.
/// </summary>
internal static class PostgresUri
{
    private const string Form = "POSTGRES_URI must look like postgresql://user:password@host:5432/database";

    // The names that libpq gives them, and those that Npgsql does.
    private static readonly Dictionary<string, string> Keywords = new(StringComparer.Ordinal)
    {
        ["sslmode"] = "SSL Mode", ["sslrootcert"] = "Root Certificate", ["sslcert"] = "SSL Certificate", ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password", ["host"] = "Host", ["port"] = "Port", ["user"] = "Username", ["password"] = "Password",
        ["dbname"] = "Database", ["application_name"] = "Application Name", ["options"] = "Options", ["passfile"] = "Passfile",
        ["channel_binding"] = "Channel Binding", ["target_session_attrs"] = "Target Session Attributes", ["krbsrvname"] = "Kerberos Service Name",
    };

    // Those are ours, whatever stands there: see PostgresConnections.
    private static readonly HashSet<string> Ignored = ["connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"];

    /// <summary>In Npgsql's form.</summary>
    /// <exception cref="DatabaseUnsuitableException">It cannot be read. The message holds nothing of it that is secret.</exception>
    public static string Parse(string text)
    {
        var builder = text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal)
            ? FromUri(text)
            : FromKeywords(text);
        if (string.IsNullOrEmpty(builder.Host))
        {
            throw new DatabaseUnsuitableException($"{Form}; it names no host.");
        }

        builder.ApplicationName ??= "loopwave";
        return builder.ToString();
    }

    private static NpgsqlConnectionStringBuilder FromKeywords(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or NotSupportedException)
        {
            throw new DatabaseUnsuitableException($"{Form}, or hold the keywords of Npgsql; it does neither.");
        }
    }

    private static NpgsqlConnectionStringBuilder FromUri(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
        {
            throw new DatabaseUnsuitableException($"{Form}; characters such as @ : / ? # in the password must be written as %40 %3A %2F %3F %23.");
        }

        var builder = new NpgsqlConnectionStringBuilder();
        if (uri.Host.Length > 0)
        {
            builder.Host = uri.Host.Trim('[', ']');
        }

        if (uri.Port > 0)
        {
            builder.Port = uri.Port;
        }

        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
        {
            builder.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length == 2)
        {
            builder.Password = Uri.UnescapeDataString(user[1]);
        }

        if (uri.AbsolutePath.Length > 1)
        {
            builder.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        }

        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var left, var right] ? (Uri.UnescapeDataString(left), Uri.UnescapeDataString(right)) : (pair, "");
            Set(builder, name, value);
        }

        return builder;
    }

    private static void Set(NpgsqlConnectionStringBuilder builder, string name, string value)
    {
        if (Ignored.Contains(name))
        {
            return;
        }

        if (!Keywords.TryGetValue(name, out var keyword))
        {
            throw new DatabaseUnsuitableException($"POSTGRES_URI has the parameter {name}, which is not known here. Known are: {string.Join(", ", Keywords.Keys)}.");
        }

        try
        {
            // verify-ca, prefer-standby: Npgsql writes them without the dash.
            builder[keyword] = name is "sslmode" or "channel_binding" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException)
        {
            throw new DatabaseUnsuitableException(
                string.Create(CultureInfo.InvariantCulture, $"POSTGRES_URI has a value for {name} that cannot be used."));
        }
    }
}
