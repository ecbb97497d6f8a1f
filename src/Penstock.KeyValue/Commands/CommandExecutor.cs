using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Commands;

/// <summary>
/// Runs commands: finds them, refuses or queues what must be, and takes the locks of the keys that a command names, so
/// that every command is atomic and none has to think of it.
/// </summary>
internal sealed class CommandExecutor(KeyValueLoop loop)
{
    /// <summary>
    /// The command that a call names, or null when there is none that would take it, which was replied.
    /// </summary>
    public Command? Find(ref Invocation call)
    {
        Command? command = CommandTable.Find(call[0]);
        if (command is not null && command.Accepts(call.Count))
            return command;
        Refuse(ref call, command is null ? UnknownCommand(in call) : WrongArity(command));
        return null;
    }

    /// <summary>Runs a command, or refuses or queues it.</summary>
    /// <param name="call">The call, with its command.</param>
    /// <param name="locked">Whether the locks of all keys are held already.</param>
    public void Execute(ref Invocation call, bool locked)
    {
        Session session = call.Session;
        Command command = call.Command;
        session.LastCommand = command;
        loop.Counters.Commands++;
        if (session.NeedsCare && !MayRunNow(ref call))
            return;
        if (command.Has(CommandFlags.Write) && WriteProblem(command.Flags) is { } problem)
            Refuse(ref call, problem);
        else if (locked && !loop.HasLog)
            RunLocked(ref call);
        else
            Run(ref call);
    }

    /// <summary>
    /// Why a command that changes keys cannot run now; null when it can. Either no lock is held or the only one.
    /// </summary>
    public string? WriteProblem(CommandFlags flags)
    {
        if (loop.Database.Log?.Failure is { } failure)
        {
            loop.Counters.RefusedWrites++;
            return $"MISCONF Errors writing to the AOF file: {failure}";
        }

        long limit = loop.Database.Settings.MaxMemoryBytes;
        if (limit == 0 || (flags & CommandFlags.DenyOutOfMemory) == 0 || loop.Evictor.MakeRoom(limit))
            return null;
        loop.Counters.RefusedWrites++;
        return ErrorTexts.OutOfMemory;
    }

    /// <summary>The shards whose locks a call needs.</summary>
    public static ulong MaskOf(in Invocation call)
    {
        Command command = call.Command;
        if (command.Has(CommandFlags.AllKeys))
            return Keyspace.AllShards;
        if (command.FirstKey == 0)
            return 0;
        ulong mask = 0;
        int last = command.LastKey < 0 ? call.Count + command.LastKey : command.LastKey;
        for (int i = command.FirstKey; i <= last; i += command.KeyStep)
            mask |= Keyspace.MaskOf(call.KeyAt(i));
        return mask;
    }

    /// <summary>Runs a command whose locks are held.</summary>
    public static void RunLocked(ref Invocation call)
    {
        if (call.Command.HasOneKey)
            call.Key = call.KeyAt(1);
        call.Command.Action(ref call);
    }

    private void Run(ref Invocation call)
    {
        if (!call.Command.HasOneKey)
        {
            RunOnSeveralKeys(ref call);
            return;
        }

        StoreKey key = call.KeyAt(1);
        call.Key = key;
        lock (loop.Database.Keyspace.ShardOf(key).Gate)
        {
            try
            {
                call.Command.Action(ref call);
            }
            finally
            {
                // Also when it threw: what is changed in memory must be what the log says.
                loop.Commit();
            }
        }
    }

    private void RunOnSeveralKeys(ref Invocation call)
    {
        using ShardLock locks = loop.Database.Keyspace.Lock(MaskOf(in call));
        try
        {
            call.Command.Action(ref call);
        }
        finally
        {
            loop.Commit();
        }
    }

    /// <summary>Whether the client's state lets the command run; otherwise it was refused or queued.</summary>
    private bool MayRunNow(ref Invocation call)
    {
        Session session = call.Session;
        Command command = call.Command;
        if (!session.IsAuthenticated && !command.Has(CommandFlags.NoAuth))
        {
            Refuse(ref call, ErrorTexts.NoAuth);
            return false;
        }

        if (session.IsSubscribed && !session.IsResp3 && !command.Has(CommandFlags.WhileSubscribed))
        {
            const string Allowed = "(P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET";
            Refuse(ref call, $"ERR Can't execute '{command.Name}': only {Allowed} are allowed in this context");
            return false;
        }

        if (session.Transaction is null || command.Has(CommandFlags.NotQueued))
            return true;
        if (command.Has(CommandFlags.Write) && WriteProblem(command.Flags) is { } problem)
            Refuse(ref call, problem);
        else
            TransactionCommands.Queue(ref call, session.Transaction);
        return false;
    }

    /// <summary>A command that could not even be queued breaks the transaction.</summary>
    private static void Refuse(ref Invocation call, string error)
    {
        if (call.Session.Transaction is { } transaction)
            transaction.IsRefused = true;
        call.Reply.Error(error);
    }

    private static string WrongArity(Command command) => $"ERR wrong number of arguments for '{command.Name}' command";

    private static string UnknownCommand(in Invocation call)
    {
        const int MaxShown = 128;
        string name = call.TextOf(0);
        string shown = "";
        for (int i = 1; i < call.Count && shown.Length < MaxShown; i++)
        {
            string argument = call.TextOf(i);
            shown += $"'{argument[..Math.Min(argument.Length, MaxShown - shown.Length)]}' ";
        }

        return $"ERR unknown command '{name[..Math.Min(name.Length, MaxShown)]}', with args beginning with: {shown}";
    }
}
