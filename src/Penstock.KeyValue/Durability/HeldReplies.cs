using Penstock.KeyValue.Commands;

namespace Penstock.KeyValue.Durability;

/// <summary>
/// The connections of one loop whose replies wait until what they tell is on the disk. The loop itself never waits: a
/// connection's output is held back, and the log's thread has it released.
/// </summary>
/// <remarks>
/// Replies to reads wait as well: they may tell what another client has written and the disk does not have yet. Who
/// sends on without waiting for replies is not read from while the log is full, because memory would be its queue.
/// </remarks>
internal sealed class HeldReplies(AppendLog log, CommandCounters counters)
{
    private readonly Queue<(Connection Connection, ConnectionId Id, long UpTo)> _waiting = new();
    private int _hasWaiting;

    /// <summary>Called after commands ran: holds the connection's replies if they must wait.</summary>
    /// <param name="connection">Whose commands ran.</param>
    /// <param name="wrote">Whether they changed anything.</param>
    public void HoldIfNeeded(Connection connection, bool wrote)
    {
        if (!log.MustWait)
            return;
        if (log.Failure is not null)
        {
            // Reads go on while the disk fails; who would wait for it would wait for long.
            if (wrote && log.IsStrict)
                Disconnect(connection);
            return;
        }

        connection.HoldOutput();
        if (log.IsFull)
            connection.Pause();
        counters.HeldReplies++;
        _waiting.Enqueue((connection, connection.Id, log.Appended));

        // The log's thread looks at the flag after it has moved its mark, and this thread at the mark after it has set
        // the flag: one of them sees the other.
        Interlocked.Exchange(ref _hasWaiting, 1);
        if (log.Released >= log.Appended)
            Release();
    }

    /// <summary>More waits to be written than should.</summary>
    public bool IsLogFull => log.IsFull;

    /// <summary>Any thread: whether somebody waits here.</summary>
    public bool HasWaiting => Volatile.Read(ref _hasWaiting) != 0;

    /// <summary>
    /// Lets go what need not wait any more. When the disk failed, the clients that wait are disconnected.
    /// </summary>
    public void Release()
    {
        long released = log.Released;
        bool failed = log.Failure is not null;
        while (_waiting.TryPeek(out (Connection Connection, ConnectionId Id, long UpTo) first)
            && (failed || first.UpTo <= released))
        {
            _waiting.Dequeue();
            if (first.Connection.Id != first.Id || first.Connection.State == ConnectionState.Closed)
                continue;

            if (first.UpTo > released)
                Disconnect(first.Connection);
            else
                LetGo(first.Connection);
        }

        if (_waiting.Count == 0)
            Volatile.Write(ref _hasWaiting, 0);
    }

    private static void LetGo(Connection connection)
    {
        connection.ReleaseOutput();
        connection.Resume();
    }

    /// <summary>
    /// Whether the write happens is open: it is in memory, and will be tried again. So neither OK nor an error would be
    /// true, and the client must find out as it would after a crash.
    /// </summary>
    private static void Disconnect(Connection connection) => connection.Abort();
}
