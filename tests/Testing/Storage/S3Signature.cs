using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Loopwave.Testing.Storage;

/// <summary>Checks AWS Signature Version 4 as a service does: from the request as it came, with the body that came.</summary>
internal static class S3Signature
{
    /// <summary>Where the body is found after the check.</summary>
    public const string Body = "body";

    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(15);

    public static async Task<S3Trouble.Refuse?> Check(HttpRequest request, string accessKey, string secretKey, string region)
    {
        var parts = request.Headers.Authorization.ToString().Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        if (parts is not ["AWS4-HMAC-SHA256", var credential, var headers, var signature]
            || !credential.StartsWith("Credential=", StringComparison.Ordinal) || !headers.StartsWith("SignedHeaders=", StringComparison.Ordinal))
        {
            return new(HttpStatusCode.Forbidden, "AccessDenied", "Anonymous access is denied.");
        }

        var date = request.Headers["x-amz-date"].ToString();
        var scope = credential["Credential=".Length..].Split('/', 2);
        if (!DateTimeOffset.TryParseExact(date, "yyyyMMddTHHmmssZ", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            || (TimeProvider.System.GetUtcNow() - at).Duration() > Skew)
        {
            return new(HttpStatusCode.Forbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.");
        }

        if (scope[0] != accessKey)
        {
            return new(HttpStatusCode.Forbidden, "InvalidAccessKeyId", $"The access key {scope[0]} does not exist in our records.");
        }

        if (scope[1] != $"{date[..8]}/{region}/s3/aws4_request")
        {
            return new(HttpStatusCode.BadRequest, "AuthorizationHeaderMalformed", "The region is wrong.");
        }

        var signed = headers["SignedHeaders=".Length..].Split(';');
        if (!signed.Contains("host") || !signed.Contains("x-amz-date") || !signed.Contains("x-amz-content-sha256"))
        {
            return new(HttpStatusCode.Forbidden, "AccessDenied", "There were headers present in the request which were not signed");
        }

        var hash = request.Headers["x-amz-content-sha256"].ToString();
        var expected = Sign(Canonical(request, signed, hash), date, scope[1], region, secretKey);
        if (signature != "Signature=" + expected)
        {
            return new(HttpStatusCode.Forbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.");
        }

        return await CheckBody(request, hash);
    }

    private static async Task<S3Trouble.Refuse?> CheckBody(HttpRequest request, string hash)
    {
        if (HttpMethods.IsPut(request.Method) && request.ContentLength is null)
        {
            return new(HttpStatusCode.LengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.");
        }

        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        if (body.Length != (request.ContentLength ?? 0))
        {
            return new(HttpStatusCode.BadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header");
        }

        if (Convert.ToHexStringLower(SHA256.HashData(body.ToArray())) != hash)
        {
            return new(HttpStatusCode.BadRequest, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.");
        }

        request.HttpContext.Items[Body] = body.ToArray();
        return null;
    }

    private static string Canonical(HttpRequest request, string[] signed, string hash)
    {
        var path = string.Join('/', request.Path.Value!.Split('/').Select(Uri.EscapeDataString));
        var query = string.Join('&', request.Query.SelectMany(one => one.Value.Select(value => (one.Key, Value: value ?? "")))
            .Select(one => $"{Uri.EscapeDataString(one.Key)}={Uri.EscapeDataString(one.Value)}").Order(StringComparer.Ordinal));
        var headers = string.Concat(signed.Select(name => $"{name}:{Value(request.Headers[name])}\n"));
        return $"{request.Method}\n{path}\n{query}\n{headers}\n{string.Join(';', signed)}\n{hash}";
    }

    private static string Value(StringValues values) => string.Join(',', values.Select(value => value!.Trim()));

    private static string Sign(string canonical, string date, string scope, string region, string secretKey)
    {
        var text = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = new[] { date[..8], region, "s3", "aws4_request" }
            .Aggregate(Encoding.UTF8.GetBytes("AWS4" + secretKey), (outer, part) => HMACSHA256.HashData(outer, Encoding.UTF8.GetBytes(part)));
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
    }
}
