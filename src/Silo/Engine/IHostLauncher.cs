namespace Loopwave.WhatsApp;

/// <summary>Starts engine hosts.</summary>
internal interface IHostLauncher
{
    /// <summary>Starts a host that connects to this socket and says this token.</summary>
    /// <exception cref="Engines.EngineException">It can't be started; the code and the sentence are for people.</exception>
    Task<IHostProcess> Launch(string socket, string token, CancellationToken cancellationToken);
}

internal interface IHostProcess : IDisposable
{
    int Id { get; }

    Task Exited { get; }

    /// <summary>Ends it at once, whatever it is doing. Ending what has ended does nothing.</summary>
    void Kill();
}
