using System.Text.RegularExpressions;
using Serilog.Events;
using Serilog.Formatting;

namespace Loopwave.Logging;

/// <summary>
/// The second line of defence: log messages are written without phone numbers, and what slips into a field or into
/// the text of an exception all the same is masked before it is written.
/// </summary>
internal sealed partial class MaskingFormatter(ITextFormatter inner) : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output) => inner.Format(Masked(logEvent), output);

    private static LogEvent Masked(LogEvent logEvent) => new(
        logEvent.Timestamp,
        logEvent.Level,
        logEvent.Exception is null ? null : new MaskedException(logEvent.Exception),
        logEvent.MessageTemplate,
        logEvent.Properties.Select(property => new LogEventProperty(property.Key, Masked(property.Value))),
        logEvent.TraceId ?? default,
        logEvent.SpanId ?? default);

    private static LogEventPropertyValue Masked(LogEventPropertyValue value) => value switch
    {
        // Bare numbers are sizes, counts and durations; a phone number is always text here.
        ScalarValue { Value: null or bool or int or long or double or TimeSpan or DateTimeOffset } => value,
        ScalarValue scalar => Masked(scalar),
        SequenceValue sequence => new SequenceValue(sequence.Elements.Select(Masked)),
        StructureValue structure => new StructureValue(
            structure.Properties.Select(property => new LogEventProperty(property.Name, Masked(property.Value))), structure.TypeTag),
        DictionaryValue dictionary => new DictionaryValue(dictionary.Elements.Select(
            element => KeyValuePair.Create((ScalarValue)Masked(element.Key), Masked(element.Value)))),
        _ => value,
    };

    private static ScalarValue Masked(ScalarValue scalar)
    {
        var text = scalar.Value?.ToString() ?? "";
        return PhoneNumber().IsMatch(text) ? new ScalarValue(Masked(text)) : scalar;
    }

    internal static string Masked(string text) => PhoneNumber().Replace(text, match =>
        $"{match.ValueSpan[..(match.Value[0] is '+' ? 3 : 2)]}••••••••{match.ValueSpan[^2..]}");

    // Digits as WhatsApp writes them, alone or before an @, but not behind the address and port of a silo, whose name ends with them; or a
    // number as people write it, with a plus.
    [GeneratedRegex(@"(?<![A-Za-z0-9_]|\d\.\d{1,3}:\d{1,5}[@:])\+?\d{8,15}(?![A-Za-z0-9_])|(?<![A-Za-z0-9_])\+\d[\d ()-]{6,20}\d(?![A-Za-z0-9_])")]
    private static partial Regex PhoneNumber();

    /// <summary>Shows an exception with its numbers masked; formatters ask for nothing but its text.</summary>
    private sealed class MaskedException(Exception inner) : Exception(Masked(inner.Message))
    {
        public override string ToString() => Masked(inner.ToString());
    }
}
