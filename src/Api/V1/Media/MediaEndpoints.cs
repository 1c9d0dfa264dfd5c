using Loopwave.Api.Auth;
using Loopwave.Api.Errors;
using Loopwave.Api.OpenApi;
using Loopwave.ApiKeys;
using Loopwave.Configuration;
using Loopwave.Media;
using Loopwave.Messages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Loopwave.Api.V1.Media;

internal static class MediaEndpoints
{
    // What a form adds around its file.
    private const int MultipartOverhead = 64 * 1024;

    public static void MapMedia(this RouteGroupBuilder v1)
    {
        var options = ((IEndpointRouteBuilder)v1).ServiceProvider.GetRequiredService<IOptions<ApiOptions>>().Value;
        var media = v1.MapGroup("/media").WithTags("Media").WithMetadata(new TransfersFile());
        media.MapPost("", UploadFile).AllowScopes(ApiScopes.MessagesWrite)
            .WithMetadata(new SizeLimit(options.MaxMediaBytes + MultipartOverhead), Upload.FileNameParameter)
            .Says("Upload a file", "As multipart/form-data with one file, or as the body itself with its Content-Type and ?fileName=.")
            .TakesFile().Refuses(RefusalCode.PayloadTooLarge, RefusalCode.DiskFull);
        media.MapGet("/{id}", Download).AllowScopes(ApiScopes.ChatsRead)
            .Says("Download a file", "Fetches it from the phone first where it was not loaded yet. Ranges are served.")
            .GivesFile().Refuses(RefusalCode.NotFound, RefusalCode.MediaUnavailable, RefusalCode.DiskFull);
    }

    private static async Task<Results<Created<MediaView>, ErrorResult>> UploadFile(
        HttpRequest request, IMediaFiles files, ClusterGrains grains, IOptions<ApiOptions> options, CancellationToken cancellationToken)
    {
        var upload = await Upload.Find(request);
        return await files.Write(upload.Content, options.Value.MaxMediaBytes, cancellationToken) switch
        {
            MediaWrite.Stored { Size: 0 } => Refused(RefusalCode.InvalidInput, "The file is empty."),
            MediaWrite.Stored stored =>
                (await grains.Media(media => media.Register(new UploadedFile(stored.Hash, stored.Size, upload.MimeType, upload.FileName))))
                    .To(view => TypedResults.Created(view.Url, view)),
            MediaWrite.TooLarge limit =>
                Refused(RefusalCode.PayloadTooLarge, $"A file may hold {limit.MaxBytes / 1024 / 1024} MiB at most."),
            MediaWrite.DiskFull => Refused(RefusalCode.DiskFull, "There is no room for the file."),
            var unknown => throw new InvalidOperationException($"Unknown result {unknown}."),
        };
    }

    private static async Task<Results<FileStreamHttpResult, ErrorResult>> Download(
        string id, Caller caller, HttpResponse response, IMediaFiles files, ClusterGrains grains, CancellationToken cancellationToken)
    {
        var opened = await grains.Media(media => media.Open(id, caller.Access));
        if (opened.Refusal is { } refusal)
        {
            return new ErrorResult(refusal);
        }

        var file = opened.Value!;
        var content = await files.Read(file.Hash, cancellationToken);
        if (content is null)
        {
            return Refused<FileStreamHttpResult>(RefusalCode.MediaUnavailable, "The file is not here any more.");
        }

        var shown = FileTypes.MayBeShown(file.Media.MimeType, await Head(content, cancellationToken));
        Guard(response, shown, file.Media);
        return TypedResults.Stream(content, shown ? file.Media.MimeType : Harmless(file.Media.MimeType),
            entityTag: new EntityTagHeaderValue($"\"{file.Hash}\""), enableRangeProcessing: true);
    }

    // A file came from a stranger: it must neither run in our name nor be guessed to be something else.
    private static void Guard(HttpResponse response, bool shown, MediaView media)
    {
        var disposition = new ContentDispositionHeaderValue(shown ? "inline" : "attachment");
        disposition.SetHttpFileName(media.FileName ?? media.Id);
        response.Headers.ContentDisposition = disposition.ToString();
        response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        response.Headers.CacheControl = "private, max-age=3600";
    }

    // Something that calls itself a picture and is none gets no name that a browser would act on.
    private static string Harmless(string mimeType) =>
        mimeType.Split('/')[0] is "image" or "video" or "audio" or "text" ? "application/octet-stream" : mimeType;

    private static async Task<byte[]> Head(Stream content, CancellationToken cancellationToken)
    {
        var head = new byte[FileTypes.HeadLength];
        var length = await content.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        content.Position = 0;
        return head[..length];
    }

    private static Results<Created<MediaView>, ErrorResult> Refused(RefusalCode code, string message) =>
        Refused<Created<MediaView>>(code, message);

    private static Results<T, ErrorResult> Refused<T>(RefusalCode code, string message)
        where T : IResult => new ErrorResult(new Refusal(code, message));

    private sealed record SizeLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}
