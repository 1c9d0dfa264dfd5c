using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;
using Xunit;

namespace Loopwave.Logging;

public class MaskingFormatterTests
{
    [Theory]
    [InlineData("919812345678", "91••••••••78")]
    [InlineData("919812345678@s.whatsapp.net", "91••••••••78@s.whatsapp.net")]
    [InlineData("to +919812345678.", "to +91••••••••78.")]
    [InlineData("call +49 176 1234-5678 now", "call +49••••••••78 now")]
    [InlineData("retry 5:12:919812345678", "retry 5:12:91••••••••78")]
    [InlineData("silo 192.0.2.2:11621@154928725 is dead", "silo 192.0.2.2:11621@154928725 is dead")]
    [InlineData("S192.0.2.2:11621:154928725", "S192.0.2.2:11621:154928725")]
    [InlineData("n1a2b3c4d5e", "n1a2b3c4d5e")]
    [InlineData("m_01234567890123456789012345", "m_01234567890123456789012345")]
    [InlineData("2026-06-29T10:15:00.000Z", "2026-06-29T10:15:00.000Z")]
    public void A_phone_number_keeps_its_beginning_and_end_and_ids_stay(string text, string masked)
    {
        Assert.Equal(masked, MaskingFormatter.Masked(text));
    }

    [Fact]
    public void Fields_lists_and_exceptions_are_masked_and_amounts_are_not()
    {
        var written = Written(log => log.Error(
            new InvalidOperationException("no answer from 919812345678"),
            "Sent to {To} and {Others}, {Bytes} bytes", "919812345678", new[] { "919812345679" }, 123456789012L));

        Assert.DoesNotContain("919812345678", written);
        Assert.DoesNotContain("919812345679", written);
        Assert.Contains("91••••••••78", written);
        Assert.Contains("123456789012", written);
    }

    private static string Written(Action<ILogger> log)
    {
        var output = new StringWriter();
        using var logger = new LoggerConfiguration().WriteTo.Sink(new Lines(output)).CreateLogger();
        log(logger);
        return output.ToString();
    }

    private sealed class Lines(TextWriter output) : ILogEventSink
    {
        private readonly MaskingFormatter _formatter = new(new CompactJsonFormatter());

        public void Emit(LogEvent logEvent) => _formatter.Format(logEvent, output);
    }
}
