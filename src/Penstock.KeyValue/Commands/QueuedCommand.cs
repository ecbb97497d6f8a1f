using Penstock.KeyValue.Protocol;

namespace Penstock.KeyValue.Commands;

/// <summary>A command between MULTI and EXEC.</summary>
internal sealed record QueuedCommand(Command Command, byte[] Bytes, RespArguments Arguments);
