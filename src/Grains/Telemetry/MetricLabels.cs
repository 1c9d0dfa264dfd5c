namespace Loopwave.Telemetry;

/// <summary>The labels that metrics of several features have. What a label can say is bounded: never an id, a phone, an address or a text.</summary>
internal static class MetricLabels
{
    public const string Reason = "reason";
    public const string Status = "status";
    private const string EngineName = "engine";

    private static readonly KeyValuePair<string, object?> WhatsApp = new(EngineName, "whatsapp");
    private static readonly KeyValuePair<string, object?> Sandbox = new(EngineName, "sandbox");

    public static KeyValuePair<string, object?> Engine(EngineKind engine) => engine switch
    {
        EngineKind.WhatsApp => WhatsApp,
        EngineKind.Sandbox => Sandbox,
    };
}
