namespace Loopwave.Chaos.Load;

/// <summary>A number of the run.</summary>
/// <param name="Phone">Of a WhatsApp number; empty for a sandbox number.</param>
internal sealed record Line(string Id, EngineKind Engine, string Phone);

/// <summary>A person that a number writes with.</summary>
internal sealed record Conversation(Line Line, string Person);
