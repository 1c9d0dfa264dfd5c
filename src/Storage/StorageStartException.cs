namespace Loopwave.Storage;

/// <summary>Storage cannot be opened, and trying again changes nothing. Start-up prints the message, one sentence, and exits with code 2.</summary>
public abstract class StorageStartException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Another process works on the same data.</summary>
public sealed class DataInUseException(string directory)
    : StorageStartException($"Another Loopwave process is using {directory}; stop it first, or give this one a directory of its own.");

/// <summary>A directory that must be written to cannot be.</summary>
public sealed class DirectoryNotWritableException(string name, string directory, Exception inner)
    : StorageStartException($"{name} ({directory}) cannot be written to; check that it exists and who owns it.", inner);

/// <summary>The data was written by a later release.</summary>
public sealed class NewerSchemaException(string what)
    : StorageStartException($"{what} was written by a newer release of Loopwave; run that release or a later one.");

/// <summary>A file that storage stands on is not what it should be.</summary>
public sealed class StorageDamagedException(string message, Exception? inner = null) : StorageStartException(message, inner);

/// <summary>The database server, or the database on it, is none that Loopwave can work with.</summary>
public sealed class DatabaseUnsuitableException(string message) : StorageStartException(message);
