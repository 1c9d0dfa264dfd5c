using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.Errors;

/// <summary>The errors that the server itself finds, before or beside any code of ours.</summary>
internal static class StatusErrors
{
    public static ErrorResult For(int status) => status switch
    {
        StatusCodes.Status404NotFound => new(status, "not_found", "There is nothing at this address."),
        StatusCodes.Status405MethodNotAllowed => new(status, "method_not_allowed", "This address doesn't take that method."),
        StatusCodes.Status408RequestTimeout => new(status, "request_timeout", "The request took too long to arrive."),
        StatusCodes.Status413PayloadTooLarge => new(status, "payload_too_large", "The body is too large."),
        StatusCodes.Status415UnsupportedMediaType =>
            new(status, "unsupported_media_type", "This content type isn't taken here. Send application/json."),
        StatusCodes.Status416RangeNotSatisfiable =>
            new(status, "range_not_satisfiable", "The file has no such range."),
        < 500 => new(status, "invalid_input", "The request can't be read."),
        _ => new(status, "internal_error", "Something went wrong on our side."),
    };
}
