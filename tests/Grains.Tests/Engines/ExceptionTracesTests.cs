using Loopwave.Engines;
using Xunit;

namespace Loopwave.Grains.Tests.Engines;

public sealed class ExceptionTracesTests
{
    [Fact]
    public void Types_of_all_causes_and_where_they_were_thrown_are_said_and_no_message()
    {
        var trace = Thrown(() => throw new AggregateException(
            "flowers", Thrown(() => throw new FormatException("flowers")), new TimeoutException("flowers", new IOException("flowers")))).WithoutMessages();

        Assert.DoesNotContain("flowers", trace, StringComparison.Ordinal);
        Assert.Equal(
            ["System.AggregateException", "System.FormatException", "System.TimeoutException", "System.IO.IOException"],
            trace.Split('\n').Where(line => !line.StartsWith("   at ", StringComparison.Ordinal)).Select(line => line.Replace(" ---> ", "", StringComparison.Ordinal)));
        Assert.Equal(2, trace.Split('\n').Count(line => line.Contains($"{nameof(ExceptionTracesTests)}.{nameof(Thrown)}", StringComparison.Ordinal)));
    }

    private static Exception Thrown(Action act)
    {
        try
        {
            act();
            throw new InvalidOperationException("Nothing was thrown.");
        }
        catch (Exception exception)
        {
            return exception;
        }
    }
}
