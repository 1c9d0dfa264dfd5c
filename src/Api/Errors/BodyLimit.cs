using Loopwave.Configuration;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Loopwave.Api.Errors;

/// <summary>
/// Refuses a body that announces itself as too large before a byte of it is read. The server counts what arrives
/// without announcement, under the same limits.
/// </summary>
internal sealed class BodyLimit(RequestDelegate next, IOptions<ApiOptions> options)
{
    public Task InvokeAsync(HttpContext context)
    {
        var limit = context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>()?.MaxRequestBodySize
            ?? options.Value.MaxBodyBytes;
        return context.Request.ContentLength > limit
            ? StatusErrors.For(StatusCodes.Status413PayloadTooLarge).ExecuteAsync(context)
            : next(context);
    }
}
