using System.Security.Cryptography;

namespace Penstock.KeyValue.Durability.Files;

/// <summary>
/// All that log and snapshots ask of the operating system. Whatever can fail throws an <see cref="IOException"/> and
/// nothing else. A test puts a disk here that fails, or one that is only a model.
/// </summary>
internal abstract class Disk
{
    /// <summary>The real one.</summary>
    public static Disk System { get; } = OperatingSystem.IsWindows() ? new RuntimeDisk() : new PosixDisk();

    /// <summary>Null when there is none.</summary>
    public abstract DiskDirectory? TryOpenDirectory(string path);

    /// <summary>Makes a directory in one that is there; nothing happens when it is there itself.</summary>
    public abstract void MakeDirectory(string path);

    /// <summary>Which file a path leads to now; null for none.</summary>
    public abstract FileIdentity? Identify(string path);

    /// <summary>A number for a file that nobody can guess. A simulation draws it from its seed.</summary>
    public virtual ulong NewIdentifier() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
}
