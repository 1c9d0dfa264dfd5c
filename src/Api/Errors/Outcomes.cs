using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Loopwave.Api.Errors;

/// <summary>Turns what a grain answered into an answer of HTTP.</summary>
internal static class Outcomes
{
    public static Results<Ok<T>, ErrorResult> ToOk<T>(this Outcome<T> outcome) => outcome.To(TypedResults.Ok);

    /// <summary>The refusal as an error, or else what <paramref name="answer"/> makes of the value.</summary>
    public static Results<TResult, ErrorResult> To<T, TResult>(this Outcome<T> outcome, Func<T, TResult> answer)
        where TResult : IResult => outcome switch
        {
            { Refusal: { } refusal } => new ErrorResult(refusal),
            { Value: { } value } => answer(value),
            _ => throw new InvalidOperationException("A grain answered with neither a value nor a refusal."),
        };
}
