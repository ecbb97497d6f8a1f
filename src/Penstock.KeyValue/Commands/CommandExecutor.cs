using System.Text;
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
        Command? command = CommandTable.Find(in call, 0);
        if (command is not null && command.Accepts(call.Count))
            return command;
        if (command is not null)
            Refuse(ref call, command, $"ERR wrong number of arguments for '{command.FullName}' command");
        else if (IsHttp(call[0]))
            Disconnect(call.Session);
        else
            Refuse(ref call, null, UnknownCommand(in call));
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
            Refuse(ref call, command, problem);
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
        Call(ref call);
    }

    private static void Call(ref Invocation call)
    {
        call.Command.Action(ref call);
        call.Loop.Counters.Ran(call.Command);
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
                Call(ref call);
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
            Call(ref call);
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
            Refuse(ref call, command, ErrorTexts.NoAuth);
            return false;
        }

        if (session.IsSubscribed && !session.IsResp3 && !command.Has(CommandFlags.WhileSubscribed))
        {
            const string Allowed = "(P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET";
            Refuse(
                ref call,
                command,
                $"ERR Can't execute '{command.FullName}': only {Allowed} are allowed in this context");
            return false;
        }

        if (session.Transaction is null || command.Has(CommandFlags.NotQueued))
            return true;
        if (command.Has(CommandFlags.NoMulti))
            Refuse(ref call, command, "ERR Command not allowed inside a transaction");
        else if (command.Has(CommandFlags.Write) && WriteProblem(command.Flags) is { } problem)
            Refuse(ref call, command, problem);
        else
            TransactionCommands.Queue(ref call, session.Transaction);
        return false;
    }

    /// <summary>A command that could not even be queued breaks the transaction.</summary>
    private void Refuse(ref Invocation call, Command? command, string error)
    {
        if (call.Session.Transaction is { } transaction)
            transaction.IsRefused = true;
        call.Error(error);
        loop.Counters.Reject(command);
    }

    /// <summary>
    /// Whether a command is the start of an HTTP request. A web page can have its reader's browser send one here, with
    /// commands of its own in the body; what comes after these words is not run.
    /// </summary>
    private static bool IsHttp(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "post"u8) || Ascii.EqualsIgnoreCase(name, "host:"u8);

    private void Disconnect(Session session)
    {
        loop.Database.Warnings.HttpRequest(session.Address);
        session.Connection.Close(CloseReason.ProtocolError);
    }

    private static string UnknownCommand(in Invocation call)
    {
        const int MaxShown = 128;
        if (CommandTable.Find(call[0]) is { } parent)
        {
            string child = Shown(in call, 1, MaxShown);
            return $"ERR unknown subcommand '{child}'. Try {parent.Name.ToUpperInvariant()} HELP.";
        }

        string arguments = "";
        for (int i = 1; i < call.Count && arguments.Length < MaxShown; i++)
            arguments += $"'{Shown(in call, i, MaxShown - arguments.Length)}' ";
        return $"ERR unknown command '{Shown(in call, 0, MaxShown)}', with args beginning with: {arguments}";
    }

    /// <summary>The start of an argument, up to a zero, which is where Redis takes it to end.</summary>
    private static string Shown(in Invocation call, int index, int length)
    {
        string text = call.TextOf(index);
        int end = text.IndexOf('\0');
        return text[..Math.Min(end < 0 ? text.Length : end, length)];
    }
}
