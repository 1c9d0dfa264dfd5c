using Loopwave.Api.Errors;
using Loopwave.Api.OpenApi;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Loopwave.Api.V1.Media;

/// <summary>The one file of an upload: a form with a file in it, or the file itself as the body.</summary>
internal sealed record Upload(Stream Content, string MimeType, string? FileName)
{
    private const int LongestMimeType = 100;
    private const int LongestFileName = 255;
    private const int LongestBoundary = 100;
    private const string Unknown = "application/octet-stream";

    public static QueryParameter FileNameParameter { get; } =
        QueryParameter.Text("fileName", "The file's name, where the body is the file itself.", LongestFileName);

    /// <summary>Finds the file without reading it: its bytes stream straight to where they are kept.</summary>
    public static async Task<Upload> Find(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type))
        {
            throw new RequestRefusedException("Send a file as multipart/form-data, or as the body with its Content-Type.");
        }

        return type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            ? await FromForm(request, HeaderUtilities.RemoveQuotes(type.Boundary).ToString())
            : new Upload(request.Body, MimeTypeOf(request.ContentType), FileNameOf(request.Query[FileNameParameter.Name]));
    }

    private static async Task<Upload> FromForm(HttpRequest request, string boundary)
    {
        if (boundary.Length is 0 or > LongestBoundary)
        {
            throw new RequestRefusedException("The form has no usable boundary.");
        }

        var reader = new MultipartReader(boundary, request.Body);
        while (await NextSection(reader, request.HttpContext.RequestAborted) is { } section)
        {
            if (section.GetContentDispositionHeader() is { } header && header.IsFileDisposition())
            {
                var name = header.FileNameStar.HasValue ? header.FileNameStar : header.FileName;
                return new Upload(section.Body, MimeTypeOf(section.ContentType), FileNameOf(HeaderUtilities.RemoveQuotes(name).ToString()));
            }
        }

        throw new RequestRefusedException("The form holds no file.");
    }

    private static async Task<MultipartSection?> NextSection(MultipartReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadNextSectionAsync(cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException || (e is IOException && e is not BadHttpRequestException))
        {
            throw new RequestRefusedException("The form can't be read.");
        }
    }

    private static string MimeTypeOf(string? header) =>
        MediaTypeHeaderValue.TryParse(header, out var type) && type.ToString() is { Length: <= LongestMimeType } text
            ? text.ToLowerInvariant()
            : Unknown;

    // Only the last part, and nothing that could end a header line or hide an extension.
    private static string? FileNameOf(string? name)
    {
        var last = name?.Split('/', '\\')[^1].Trim();
        var clean = new string([.. (last ?? "").Where(c => !char.IsControl(c) && char.GetUnicodeCategory(c) is not System.Globalization.UnicodeCategory.Format)]);
        return clean.Length is 0 ? null : clean[..Math.Min(clean.Length, LongestFileName)];
    }
}
