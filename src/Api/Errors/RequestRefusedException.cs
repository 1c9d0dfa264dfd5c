namespace Loopwave.Api.Errors;

/// <summary>
/// A request that can't be read. Binding a parameter has no other way to say so than throwing; it is answered like any
/// other refusal.
/// </summary>
internal sealed class RequestRefusedException(string message) : Exception(message)
{
    public Refusal Refusal { get; } = new(RefusalCode.InvalidInput, message);
}
