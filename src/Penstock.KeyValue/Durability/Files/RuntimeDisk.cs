namespace Penstock.KeyValue.Durability.Files;

/// <summary>
/// Files by the runtime's calls, for Windows: there <c>FlushFileBuffers</c> is called by it, and its failure reported.
/// </summary>
internal sealed class RuntimeDisk : Disk
{
    public override DiskDirectory? TryOpenDirectory(string path) =>
        Directory.Exists(path) ? new RuntimeDirectory(path) : null;

    public override void MakeDirectory(string path) =>
        Try(path, "mkdir", () => Directory.CreateDirectory(path));

    /// <summary>
    /// The system itself keeps a file that is open here from being deleted or renamed, so a path that leads to one
    /// leads to the same.
    /// </summary>
    public override FileIdentity? Identify(string path) => File.Exists(path) ? default(FileIdentity) : null;

    public static T Try<T>(string path, string call, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new DiskException(path, call, exception.Message, exception) { IsDenied = true };
        }
    }
}
