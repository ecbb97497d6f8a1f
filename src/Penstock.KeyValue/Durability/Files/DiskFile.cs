namespace Penstock.KeyValue.Durability.Files;

/// <summary>An open file. Used by one thread at a time.</summary>
internal abstract class DiskFile(string path) : IDisposable
{
    public string Path { get; } = path;

    public abstract FileIdentity Identity { get; }

    /// <summary>Asks the system.</summary>
    public abstract long Length { get; }

    /// <summary>Reads at an offset; 0 at the end, and perhaps fewer bytes than there is room for.</summary>
    public abstract int Read(Span<byte> buffer, long offset);

    /// <summary>Writes at an offset; returns how many bytes, which may be fewer than there were.</summary>
    public abstract int Write(ReadOnlySpan<byte> bytes, long offset);

    public abstract void SetLength(long length);

    /// <summary>Returns when everything is on the disk. After it failed, what is there is unknown.</summary>
    public abstract void Sync();

    /// <summary>
    /// Keeps others from locking the file until it is closed, by whatever path they came; false when somebody else has
    /// locked it.
    /// </summary>
    public abstract bool TryLock();

    /// <summary>Ends the use, and says if the system has an error left to tell.</summary>
    public abstract void Close();

    /// <summary>Ends the use where an error does not matter any more. Nothing after <see cref="Close"/>.</summary>
    public abstract void Dispose();

    /// <summary>Reads until the buffer is full or the file ends; returns how many bytes.</summary>
    public int ReadFully(Span<byte> buffer, long offset)
    {
        int total = 0;
        while (total < buffer.Length)
        {
            int read = Read(buffer[total..], offset + total);
            if (read == 0)
                break;
            total += read;
        }

        return total;
    }

    /// <summary>Writes what is there once more.</summary>
    public void Rewrite(long from, long to)
    {
        byte[] buffer = new byte[(int)Math.Min(256 * 1024, to - from)];
        while (from < to)
        {
            int count = ReadFully(buffer.AsSpan(0, (int)Math.Min(buffer.Length, to - from)), from);
            if (count == 0)
                throw new DiskException(Path, "read", "The file has become shorter");
            WriteAll(buffer.AsSpan(0, count), from);
            from += count;
        }
    }

    /// <summary>Writes all of it.</summary>
    public void WriteAll(ReadOnlySpan<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            int written = Write(bytes, offset);
            if (written == 0)
                throw new DiskException(Path, "write", "Nothing was written");
            bytes = bytes[written..];
            offset += written;
        }
    }
}
