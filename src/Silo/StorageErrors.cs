using Loopwave.Deployment;

namespace Loopwave;

/// <summary>
/// What storage could not do crosses to other processes without its cause: those do not know the driver's exceptions, and the log
/// of this process has it.
/// </summary>
internal sealed class StorageErrors : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (StorageUnavailableException error) when (error.InnerException is not null)
        {
            throw new StorageUnavailableException(error.Message) { IsLogged = error.IsLogged };
        }
    }
}
