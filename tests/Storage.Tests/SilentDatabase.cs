using Microsoft.Extensions.Logging.Abstractions;

namespace Loopwave.Storage.Tests;

/// <summary>The errors of a database that never answers.</summary>
internal sealed class SilentDatabase(TimeProvider clock) : DatabaseErrors(NullLogger.Instance, clock)
{
    protected override string Silent => "the database";

    public override bool IsUnavailable(Exception error) => true;

    protected override bool IsFull(Exception error) => false;

    protected override string Code(Exception error) => "test";
}
