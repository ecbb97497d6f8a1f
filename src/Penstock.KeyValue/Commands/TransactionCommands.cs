using Penstock.KeyValue.Store;
using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>Several commands as one, and only if what they rest on has not changed.</summary>
internal static class TransactionCommands
{
    /// <summary>Bytes that one client may queue: a transaction is held in memory until it runs.</summary>
    private const long MaxQueuedBytes = 64L * 1024 * 1024;

    public static IReadOnlyList<Command> All { get; } =
    [
        new("multi", 1, Begin, NotQueued | Fast),
        new("exec", 1, Execute, NotQueued),
        new("discard", 1, Discard, NotQueued | Fast),
        new("watch", -2, Watch, NotQueued | Fast, 1, -1),
        new("unwatch", 1, Unwatch, Fast),
    ];

    /// <summary>Keeps a command for EXEC.</summary>
    public static void Queue(ref Invocation call, Transaction transaction)
    {
        QueuedCommand queued = call.Copy();
        transaction.Bytes += queued.Bytes.Length;
        if (transaction.Bytes > MaxQueuedBytes)
        {
            transaction.IsRefused = true;
            call.Error("ERR the transaction is too large");
            return;
        }

        transaction.Commands.Add(queued);
        call.Reply.Simple("QUEUED"u8);
    }

    /// <summary>Forgets what a client watches.</summary>
    public static void Forget(KeyValueLoop loop, Session session)
    {
        if (session.Watch is not { } watch)
            return;
        session.Watch = null;
        foreach (byte[] key in watch.Keys)
        {
            Shard shard = loop.Database.Keyspace.ShardOf(loop.Database.Keyspace.KeyOf(key));
            lock (shard.Gate)
                shard.Watches.Remove(key, watch);
        }
    }

    private static void Begin(ref Invocation call)
    {
        if (call.Session.Transaction is not null)
        {
            call.Error("ERR MULTI calls can not be nested");
            return;
        }

        call.Session.Transaction = new Transaction();
        call.Reply.Ok();
    }

    private static void Discard(ref Invocation call)
    {
        if (call.Session.Transaction is null)
        {
            call.Error("ERR DISCARD without MULTI");
            return;
        }

        End(in call);
        call.Reply.Ok();
    }

    /// <summary>The keys' locks are held: nothing changes between this and what the client reads next.</summary>
    private static void Watch(ref Invocation call)
    {
        if (call.Session.Transaction is not null)
        {
            call.Error("ERR WATCH inside MULTI is not allowed");
            return;
        }

        KeyWatch watch = call.Session.Watch ??= new KeyWatch();
        for (int i = 1; i < call.Count; i++)
        {
            StoreKey key = call.KeyAt(i);
            call.Keys.Exists(key);
            byte[] bytes = call[i].ToArray();
            if (watch.Keys.Contains(bytes, ByteKeyComparer.Instance))
                continue;
            watch.Keys.Add(bytes);
            call.Keys.Keyspace.ShardOf(key).Watches.Add(bytes, watch);
        }

        call.Reply.Ok();
    }

    private static void Unwatch(ref Invocation call)
    {
        Forget(call.Loop, call.Session);
        call.Reply.Ok();
    }

    private static void Execute(ref Invocation call)
    {
        Transaction? transaction = call.Session.Transaction;
        if (transaction is null)
        {
            call.Error("ERR EXEC without MULTI");
            return;
        }

        CommandFlags flags = FlagsOf(transaction);
        if (transaction.IsRefused)
            call.Error("EXECABORT Transaction discarded because of previous errors.");
        else if (flags != None && call.Loop.Executor.WriteProblem(flags) is { } problem)
            call.Error($"EXECABORT Transaction discarded because of: {problem}");
        else
            RunAll(ref call, transaction);
        End(in call);
    }

    private static CommandFlags FlagsOf(Transaction transaction)
    {
        CommandFlags flags = None;
        foreach (QueuedCommand queued in transaction.Commands)
            flags |= queued.Command.Flags & (Write | DenyOutOfMemory);
        return flags;
    }

    private static void RunAll(ref Invocation call, Transaction transaction)
    {
        using ShardLock locks = call.Keys.Keyspace.Lock(MaskOf(in call, transaction));
        try
        {
            if (IsBroken(in call))
            {
                call.Reply.NullArray();
                return;
            }

            // The commands of a transaction see it as over.
            call.Session.Transaction = null;
            call.Session.IsExecuting = true;
            call.Reply.Array(transaction.Commands.Count);
            foreach (QueuedCommand queued in transaction.Commands)
            {
                Invocation inner = InvocationOf(queued, in call);
                CommandExecutor.RunLocked(ref inner);
            }
        }
        finally
        {
            call.Session.IsExecuting = false;
            call.Loop.Commit();
        }
    }

    /// <summary>Every key that is named or watched: a watched one must not change while it is decided.</summary>
    private static ulong MaskOf(in Invocation call, Transaction transaction)
    {
        ulong mask = 0;
        foreach (QueuedCommand queued in transaction.Commands)
        {
            Invocation inner = InvocationOf(queued, in call);
            mask |= CommandExecutor.MaskOf(in inner);
        }

        if (call.Session.Watch is { } watch)
        {
            foreach (byte[] key in watch.Keys)
                mask |= Keyspace.MaskOf(call.Keys.Keyspace.KeyOf(key));
        }

        return mask;
    }

    private static Invocation InvocationOf(QueuedCommand queued, in Invocation call) =>
        new(call.Session, call.Loop, queued.Bytes, queued.Arguments) { Command = queued.Command };

    /// <summary>A watched key that has expired has changed; looking for it finds that out.</summary>
    private static bool IsBroken(in Invocation call)
    {
        if (call.Session.Watch is not { } watch)
            return false;
        foreach (byte[] key in watch.Keys)
            call.Keys.Exists(call.Keys.Keyspace.KeyOf(key));
        return watch.IsBroken;
    }

    private static void End(in Invocation call)
    {
        call.Session.Transaction = null;
        Forget(call.Loop, call.Session);
    }
}
