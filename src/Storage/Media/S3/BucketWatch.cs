using Loopwave.Deployment;
using Loopwave.Media;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loopwave.Storage.Media.S3;

/// <summary>
/// Looks whether the bucket is there and lets us in: at the start, so that a wrong setting is said before the first file, and from then on,
/// so that whoever watches the process knows. It waits for nothing: what needs no files works without it.
/// </summary>
internal sealed partial class BucketWatch(S3Bucket bucket, MediaBucketOptions options, ILogger<BucketWatch> logger) : BackgroundService, IMediaHealth
{
    private volatile bool _isReady;
    private bool _isFailing;

    public bool IsReady => _isReady;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Look(stoppingToken);
                await Task.Delay(_isReady ? options.WatchEvery : options.WatchAgainAfter, TimeProvider.System, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    internal async Task Look(CancellationToken cancellationToken)
    {
        try
        {
            await bucket.Try(toWrite: !_isReady, cancellationToken);
            if (!_isReady)
            {
                LogReady(logger, options.Bucket);
            }

            (_isReady, _isFailing) = (true, false);
        }
        catch (Exception error) when (error is StorageUnavailableException or NoRoomException)
        {
            // The reason is in the log. A full bucket can still be read.
            _isReady = error is NoRoomException;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // What nobody foresaw, once. Its words could hold keys.
            if (!_isFailing)
            {
                LogNotLooked(logger, options.Bucket, error.GetType().Name);
            }

            (_isReady, _isFailing) = (false, true);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Media are in the bucket {Bucket}, which can be read and written")]
    private static partial void LogReady(ILogger logger, string bucket);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "The bucket {Bucket} could not be looked at ({Fault}); this is tried again")]
    private static partial void LogNotLooked(ILogger logger, string bucket, string fault);
}
