namespace Loopwave.Engines;

/// <summary>Exceptions as the log may have them where their words can hold what somebody wrote.</summary>
public static class ExceptionTraces
{
    /// <summary>The types of an exception and of what caused it, and where each was thrown. None of their messages.</summary>
    public static string WithoutMessages(this Exception exception)
    {
        IEnumerable<Exception> causes = exception is AggregateException many ? many.InnerExceptions : exception.InnerException is { } cause ? [cause] : [];
        return string.Join("\n ---> ", causes.Select(WithoutMessages).Prepend($"{exception.GetType()}\n{exception.StackTrace}".TrimEnd()));
    }
}
