using Penstock.KeyValue.Commands;
using Penstock.KeyValue.Durability;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue;

/// <summary>
/// What one loop keeps for the store: its access to the keys, its counters, and the connections whose replies wait for
/// the disk. Used on that loop only.
/// </summary>
internal sealed class KeyValueLoop
{
    private readonly LogRecordBuilder? _journal;

    /// <summary>Changes at the time of <see cref="Tick"/>.</summary>
    private long _changesBefore;

    public KeyValueLoop(KeyValueDatabase database, EventLoopContext context)
    {
        Database = database;
        Context = context;
        _journal = database.Log is null ? null : new LogRecordBuilder();
        Keys = new KeyspaceAccess(database.Keyspace, _journal);
        Evictor = new Evictor(this);
        Executor = new CommandExecutor(this);
        Replies = database.Log is { } log ? new HeldReplies(log, Counters) : null;
    }

    public KeyValueDatabase Database { get; }

    /// <summary>The loop.</summary>
    public EventLoopContext Context { get; }

    public KeyspaceAccess Keys { get; }

    public CommandCounters Counters { get; } = new();

    public Evictor Evictor { get; }

    public CommandExecutor Executor { get; }

    /// <summary>Holds back what may only be said once it is on disk; null without a log.</summary>
    public HeldReplies? Replies { get; }

    /// <summary>Reads the clock; what is done until the next call happens at that time.</summary>
    public void Tick()
    {
        Keys.Now = Database.UnixTime;
        _changesBefore = Keys.Changes;
    }

    /// <summary>Whether what is changed goes to a log.</summary>
    public bool HasLog => _journal is not null;

    /// <summary>
    /// Hands what was changed to the log, as one record. The locks of the changed keys are still held.
    /// </summary>
    public void Commit()
    {
        if (_journal is not { IsEmpty: false })
            return;
        Database.Log!.Append(_journal);
    }

    /// <summary>
    /// Called after commands ran: their replies may have to wait for the disk. That a key was found over its time is
    /// logged too, but whoever found it has changed nothing.
    /// </summary>
    public void AfterCommands(Connection connection) =>
        Replies?.HoldIfNeeded(connection, wrote: Keys.Changes != _changesBefore);

    /// <summary>
    /// A bounded look for keys whose time is over: in each shard it goes on where the last look ended.
    /// </summary>
    public void ExpireSome()
    {
        const int EntriesPerShard = 256;
        Tick();
        foreach (Shard shard in Database.Keyspace.Shards)
        {
            if (shard.ExpiringCount == 0)
                continue;
            lock (shard.Gate)
            {
                ExpireSome(shard, EntriesPerShard);
                Commit();
            }
        }
    }

    private void ExpireSome(Shard shard, int budget)
    {
        int index = Math.Min(shard.ExpiryCursor, shard.Count);
        if (index == 0)
            index = shard.Count;
        while (budget-- > 0 && index > 0)
            Keys.ExpireIfOver(shard, --index);

        shard.ExpiryCursor = index;
    }
}
