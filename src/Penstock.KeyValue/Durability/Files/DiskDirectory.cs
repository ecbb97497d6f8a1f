namespace Penstock.KeyValue.Durability.Files;

/// <summary>
/// An open directory. It stays the same one when something else takes its path, so that nothing is ever written into
/// another.
/// </summary>
internal abstract class DiskDirectory(string path) : IDisposable
{
    public string Path { get; } = path;

    /// <summary>The names of what is in it, in no order.</summary>
    public abstract string[] List();

    /// <summary>Opens a file that is there; null when it is not.</summary>
    public abstract DiskFile? TryOpen(string name, FileAccess access);

    /// <summary>Opens a file for reading and writing; it is made when it is missing.</summary>
    public abstract DiskFile OpenOrCreate(string name);

    /// <summary>Gives a file another name, and takes that from the file that had it.</summary>
    public abstract void Rename(string from, string to);

    /// <summary>Nothing happens when there is no such file.</summary>
    public abstract void Delete(string name);

    /// <summary>
    /// Gives a file a second name in another directory, or where there is no such thing, makes a copy there.
    /// </summary>
    public virtual void Keep(string name, DiskDirectory other)
    {
        using DiskFile from = TryOpen(name, FileAccess.Read)
            ?? throw new DiskException(PathOf(name), "open", "the file was removed");
        using DiskFile to = other.OpenOrCreate(name);
        var buffer = new byte[1024 * 1024];
        long offset = 0;
        for (int read; (read = from.Read(buffer, offset)) > 0; offset += read)
            to.WriteAll(buffer.AsSpan(0, read), offset);
        to.Sync();
        to.Close();
    }

    /// <summary>Returns when what was made, renamed and deleted is so on the disk.</summary>
    public abstract void Sync();

    public abstract void Dispose();

    public string PathOf(string name) => System.IO.Path.Combine(Path, name);
}
