namespace Penstock.KeyValue.Commands;

/// <summary>What a command does: it reads its arguments from the call and writes its reply to it.</summary>
internal delegate void CommandAction(ref Invocation call);
