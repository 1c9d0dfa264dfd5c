using Loopwave.Api.Errors;
using Loopwave.Api.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.V1;

/// <summary>Refuses query parameters that the route says nothing of: a misspelt filter would silently be none.</summary>
internal static class QueryNames
{
    private const int Shown = 60;

    public static ValueTask<object?> Check(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var query = context.HttpContext.Request.Query;
        if (query.Count > 0)
        {
            var known = context.HttpContext.GetEndpoint()!.Metadata.GetOrderedMetadata<QueryParameter>();
            foreach (var name in query.Keys)
            {
                if (!known.Any(parameter => parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                {
                    return ValueTask.FromResult<object?>(new ErrorResult(new Refusal(RefusalCode.InvalidInput, Sentence(name, known))));
                }
            }
        }

        return next(context);
    }

    private static string Sentence(string name, IReadOnlyList<QueryParameter> known)
    {
        var shown = name.Length <= Shown ? name : name[..Shown] + "…";
        return known.Count == 0
            ? $"Unknown query parameter '{shown}': none is taken here."
            : $"Unknown query parameter '{shown}': taken here are {string.Join(", ", known.Select(parameter => parameter.Name))}.";
    }
}
