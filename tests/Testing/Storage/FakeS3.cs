using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Loopwave.Testing.Storage;

/// <summary>
/// A service that speaks S3's protocol, as strict as the real ones: it checks the signature of every request and the hash of every body, knows
/// one bucket, and gives lists in small pages. A test makes it fail, stall or end an answer in the middle by <see cref="Trouble"/>.
/// </summary>
public sealed class FakeS3 : IAsyncDisposable
{
    public const string Bucket = "loopwave-media";
    public const string Region = "eu-central-1";
    public const string AccessKey = "AKIAFAKEFAKEFAKEFAKE";
    public const string SecretKey = "fake/secret+fake/secret+fake/secret+fake";

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, StoredBytes> _objects = new(StringComparer.Ordinal);
    private readonly List<string> _requests = [];

    private FakeS3(WebApplication app) => _app = app;

    /// <summary>Such as <c>http://127.0.0.1:40123</c>.</summary>
    public string Address => _app.Urls.Single();

    /// <summary>What goes wrong with a request, or null; asked for each of them.</summary>
    public Func<S3Request, S3Trouble?> Trouble { get; set; } = _ => null;

    /// <summary>Called when a request has been carried out, before it is answered.</summary>
    public Func<S3Request, Task> Done { get; set; } = _ => Task.CompletedTask;

    /// <summary>Objects in one page of a list.</summary>
    public int PageSize { get; set; } = 3;

    /// <summary>All requests so far, such as <c>PUT 0a1b…/f_1</c>; a list is <c>LIST</c> with its prefix.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    public IReadOnlyList<string> Keys
    {
        get
        {
            lock (_lock)
            {
                return [.. _objects.Keys];
            }
        }
    }

    public static async Task<FakeS3> Start(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var server = new FakeS3(app);
        app.Run(server.Answer);
        await app.StartAsync();
        return server;
    }

    /// <summary>Stores an object past all checks, as if somebody else had, some time ago.</summary>
    public void Put(string key, byte[] content, TimeSpan age)
    {
        lock (_lock)
        {
            _objects[key] = new StoredBytes(content, TimeProvider.System.GetUtcNow() - age);
        }
    }

    /// <summary>Makes everything that is there as if it had been written then.</summary>
    public void SetTime(DateTimeOffset writtenAt)
    {
        lock (_lock)
        {
            foreach (var (key, stored) in _objects.ToList())
            {
                _objects[key] = stored with { ModifiedAt = writtenAt };
            }
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Answer(HttpContext context)
    {
        var request = S3Request.Of(context.Request);
        lock (_lock)
        {
            _requests.Add($"{request.Operation} {request.Key}");
        }

        var trouble = Trouble(request);
        if (trouble is S3Trouble.Stall)
        {
            await Gone(context);
            return;
        }

        if (trouble is S3Trouble.Refuse refuse)
        {
            await Refuse(context, refuse.Status, refuse.Code, refuse.Message);
            return;
        }

        if (await S3Signature.Check(context.Request, AccessKey, SecretKey, Region) is { } mistake)
        {
            await Refuse(context, mistake.Status, mistake.Code, mistake.Message);
            return;
        }

        if (request.BucketName != Bucket)
        {
            await Refuse(context, HttpStatusCode.NotFound, "NoSuchBucket", "The specified bucket does not exist");
            return;
        }

        await CarryOut(context, request, trouble);
    }

    private Task CarryOut(HttpContext context, S3Request request, S3Trouble? trouble) => request.Operation switch
    {
        "LIST" => List(context, request),
        "GET" => Get(context, request, trouble),
        "PUT" => Put(context, request, trouble),
        "COPY" => Copy(context, request),
        "DELETE" => Delete(context, request),
        _ => Refuse(context, HttpStatusCode.NotImplemented, "NotImplemented", "A header or query implies functionality that is not implemented"),
    };

    private async Task List(HttpContext context, S3Request request)
    {
        var query = context.Request.Query;
        var most = Math.Min(PageSize, int.TryParse(query["max-keys"], CultureInfo.InvariantCulture, out var asked) ? asked : int.MaxValue);
        var after = query["continuation-token"].FirstOrDefault() is { } token ? Encoding.UTF8.GetString(Convert.FromBase64String(token)) : "";
        List<KeyValuePair<string, StoredBytes>> found;
        lock (_lock)
        {
            found = [.. _objects.Where(one => one.Key.StartsWith(request.Key, StringComparison.Ordinal) && string.CompareOrdinal(one.Key, after) > 0).Take(most + 1)];
        }

        var isMore = found.Count > most;
        found = [.. found.Take(most)];
        await Done(request);
        await Xml(context, HttpStatusCode.OK, new XElement(
            "ListBucketResult",
            new XElement("Name", Bucket), new XElement("Prefix", request.Key), new XElement("KeyCount", found.Count), new XElement("MaxKeys", most),
            new XElement("IsTruncated", isMore),
            isMore ? new XElement("NextContinuationToken", Convert.ToBase64String(Encoding.UTF8.GetBytes(found[^1].Key))) : null,
            found.Select(one => new XElement(
                "Contents", new XElement("Key", one.Key), new XElement("LastModified", Time(one.Value.ModifiedAt)), new XElement("ETag", one.Value.ETag),
                new XElement("Size", one.Value.Content.Length), new XElement("StorageClass", "STANDARD")))));
    }

    private async Task Get(HttpContext context, S3Request request, S3Trouble? trouble)
    {
        if (Find(request.Key) is not { } stored)
        {
            await Refuse(context, HttpStatusCode.NotFound, "NoSuchKey", "The specified key does not exist.");
            return;
        }

        var (from, to) = (0, stored.Content.Length - 1);
        if (context.Request.GetTypedHeaders().Range is { } range)
        {
            var asked = range.Ranges.Single();
            (from, to) = ((int)asked.From!.Value, (int)Math.Min(asked.To ?? to, to));
            if (from > to)
            {
                await Refuse(context, HttpStatusCode.RequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable");
                return;
            }

            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {from}-{to}/{stored.Content.Length}";
        }

        await Done(request);
        context.Response.Headers.ETag = stored.ETag;
        context.Response.Headers.LastModified = stored.ModifiedAt.ToString("R", CultureInfo.InvariantCulture);
        context.Response.ContentLength = to - from + 1;
        var body = stored.Content.AsMemory(from, to - from + 1);
        if (trouble is S3Trouble.CutAfter cut && cut.Bytes < body.Length)
        {
            await context.Response.Body.WriteAsync(body[..cut.Bytes]);
            await context.Response.Body.FlushAsync();
            context.Abort();
            return;
        }

        if (trouble is S3Trouble.StallAfter stall && stall.Bytes < body.Length)
        {
            await context.Response.Body.WriteAsync(body[..stall.Bytes]);
            await context.Response.Body.FlushAsync();
            await Gone(context);
            return;
        }

        try
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // Whoever asked wanted no more of it.
        }
    }

    private async Task Put(HttpContext context, S3Request request, S3Trouble? trouble)
    {
        // The signature covers the hash of the body, and that has been checked.
        var content = (byte[])context.Items[S3Signature.Body]!;
        lock (_lock)
        {
            _objects[request.Key] = new StoredBytes(content, TimeProvider.System.GetUtcNow());
        }

        await Done(request);
        if (trouble is S3Trouble.LostAnswer)
        {
            context.Abort();
            return;
        }

        context.Response.Headers.ETag = Find(request.Key)?.ETag;
    }

    private async Task Copy(HttpContext context, S3Request request)
    {
        var source = Uri.UnescapeDataString(context.Request.Headers["x-amz-copy-source"].ToString()).TrimStart('/');
        if (!source.StartsWith(Bucket + "/", StringComparison.Ordinal) || Find(source[(Bucket.Length + 1)..]) is not { } stored)
        {
            await Refuse(context, HttpStatusCode.NotFound, "NoSuchKey", "The specified key does not exist.");
            return;
        }

        var copied = stored with { ModifiedAt = TimeProvider.System.GetUtcNow() };
        lock (_lock)
        {
            _objects[request.Key] = copied;
        }

        await Done(request);
        await Xml(context, HttpStatusCode.OK, new XElement("CopyObjectResult", new XElement("LastModified", Time(copied.ModifiedAt)), new XElement("ETag", copied.ETag)));
    }

    private async Task Delete(HttpContext context, S3Request request)
    {
        lock (_lock)
        {
            _objects.Remove(request.Key);
        }

        await Done(request);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private StoredBytes? Find(string key)
    {
        lock (_lock)
        {
            return _objects.GetValueOrDefault(key);
        }
    }

    private static Task Refuse(HttpContext context, HttpStatusCode status, string code, string message) => Xml(context, status, new XElement(
        "Error", new XElement("Code", code), new XElement("Message", message), new XElement("AWSAccessKeyId", AccessKey),
        new XElement("StringToSign", $"AWS4-HMAC-SHA256 {SecretKey}"), new XElement("RequestId", "1")));

    private static async Task Xml(HttpContext context, HttpStatusCode status, XElement body)
    {
        context.Response.StatusCode = (int)status;
        context.Response.ContentType = "application/xml";
        await context.Response.WriteAsync("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + body.ToString(SaveOptions.DisableFormatting));
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static async Task Gone(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        await using var _ = context.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    private sealed record StoredBytes(byte[] Content, DateTimeOffset ModifiedAt)
    {
        public string ETag => $"\"{Convert.ToHexStringLower(MD5.HashData(Content))}\"";
    }
}

/// <summary>What a request wants.</summary>
/// <param name="Key">Of the object; the prefix of a list.</param>
public sealed record S3Request(string Operation, string BucketName, string Key)
{
    internal static S3Request Of(HttpRequest request)
    {
        var path = request.Path.Value!.TrimStart('/').Split('/', 2);
        var key = path.Length > 1 ? path[1] : "";
        return (request.Method, key) switch
        {
            ("GET", "") when request.Query["list-type"] == "2" => new("LIST", path[0], request.Query["prefix"].ToString()),
            ("PUT", _) when request.Headers.ContainsKey("x-amz-copy-source") => new("COPY", path[0], key),
            ("GET" or "PUT" or "DELETE", not "") when request.Query.All(one => one.Key is "x-id") => new(request.Method, path[0], key),
            _ => new("UNKNOWN", path[0], key),
        };
    }
}

/// <summary>What goes wrong with a request.</summary>
public abstract record S3Trouble
{
    public sealed record Refuse(HttpStatusCode Status, string Code, string Message = "Please try again.") : S3Trouble;

    /// <summary>No answer at all.</summary>
    public sealed record Stall : S3Trouble;

    /// <summary>An object is stored, and nobody hears of it.</summary>
    public sealed record LostAnswer : S3Trouble;

    /// <summary>The connection ends after so many bytes of an object.</summary>
    public sealed record CutAfter(int Bytes) : S3Trouble;

    /// <summary>Nothing more comes after so many bytes of an object.</summary>
    public sealed record StallAfter(int Bytes) : S3Trouble;
}
