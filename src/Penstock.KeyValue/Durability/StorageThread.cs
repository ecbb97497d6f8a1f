namespace Penstock.KeyValue.Durability;

/// <summary>The threads of the log and the snapshots.</summary>
internal static class StorageThread
{
    /// <summary>Starts a thread that does not keep the process alive.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="purpose">What it is of, for whoever reads that it could not be started.</param>
    /// <param name="run">What it does.</param>
    /// <exception cref="IOException">The system has no thread left.</exception>
    public static Thread Start(string name, string purpose, Action run)
    {
        var thread = new Thread(() => run()) { Name = name, IsBackground = true };
        try
        {
            thread.Start();
            return thread;
        }
        catch (Exception refused) when (refused is OutOfMemoryException or ThreadStartException)
        {
            // The runtime calls it lack of memory, whatever the system ran out of.
            throw new IOException(
                $"Cannot start the thread of the {purpose}: the system is at its limit of threads or of memory.",
                refused);
        }
    }
}
