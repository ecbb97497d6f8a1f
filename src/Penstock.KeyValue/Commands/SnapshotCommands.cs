namespace Penstock.KeyValue.Commands;

/// <summary>
/// SAVE, BGSAVE and BGREWRITEAOF. All three write a snapshot that replaces the log; they differ in when they reply, and
/// in what words.
/// </summary>
internal static class SnapshotCommands
{
    private const string AlreadyRunning = "ERR Background save already in progress";

    /// <summary>
    /// Replies when the snapshot is on the disk. The client's next command waits for that; no other client does.
    /// </summary>
    public static void Save(ref Invocation call)
    {
        if (!CanSave(ref call))
            return;
        if (call.Database.IsCompacting)
        {
            call.Error(AlreadyRunning);
            return;
        }

        (Session session, KeyValueLoop loop, Command command) = (call.Session, call.Loop, call.Command);
        session.IsSaving = true;
        session.Connection.Pause();
        call.Database.RequestCompaction(succeeded => loop.Context.Group.Post(
            session.ConnectionId,
            _ => Finish(new Invocation(session, loop, default, new()) { Command = command }, succeeded)));
    }

    public static void SaveInBackground(ref Invocation call)
    {
        if (call.Count > 2 || (call.Count == 2 && !call.Is(1, "schedule"u8)))
        {
            call.SyntaxError();
            return;
        }

        if (!CanSave(ref call))
            return;
        if (call.Database.IsCompacting)
        {
            call.Error(AlreadyRunning);
            return;
        }

        call.Database.RequestCompaction();
        call.Reply.Simple(call.Session.IsExecuting
            ? "Background saving scheduled"
            : "Background saving started");
    }

    public static void RewriteLog(ref Invocation call)
    {
        if (!CanSave(ref call))
            return;
        bool waits = call.Session.IsExecuting || call.Database.IsCompacting;
        call.Database.RequestCompaction();
        call.Reply.Simple($"Background append only file rewriting {(waits ? "scheduled" : "started")}");
    }

    private static bool CanSave(ref Invocation call)
    {
        if (call.Database.Log is not null)
            return true;
        call.Error("ERR there is nothing to save to: the server runs without --data");
        return false;
    }

    private static void Finish(Invocation call, bool succeeded)
    {
        call.Session.IsSaving = false;
        if (succeeded)
        {
            call.Reply.Ok();
        }
        else
        {
            call.Error("ERR the snapshot could not be written; the server's log says why");
            call.Loop.Counters.Fail(call.Command);
        }

        call.Session.Connection.Resume();
    }
}
