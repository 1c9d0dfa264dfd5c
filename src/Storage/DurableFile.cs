namespace Loopwave.Storage;

/// <summary>Files that are there completely, or as they were before, whenever the power goes.</summary>
internal static class DurableFile
{
    /// <summary>Replaces a file at once and for good.</summary>
    /// <param name="path">The file; its directory must exist.</param>
    /// <param name="content">Its new content.</param>
    /// <param name="previous">Where the version before is kept, if it is.</param>
    public static void Replace(string path, ReadOnlySpan<byte> content, string? previous = null)
    {
        var temporary = path + ".new";
        try
        {
            using var file = new FileStream(temporary, OwnerOnly.File(FileMode.Create));
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // On a full disk the half that was written only takes room from others.
            File.Delete(temporary);
            throw;
        }

        if (previous is not null && File.Exists(path))
        {
            // Links the old version under its second name before the new one takes the first: the first is never missing.
            File.Replace(temporary, path, previous);
        }
        else
        {
            File.Move(temporary, path, overwrite: true);
        }

        OwnerOnly.FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
