//! Says what the machine it runs on is: its CPU and features as LLVM names them (Zig's detection follows LLVM's
//! Host.cpp), its cores, its system, and the files that standard input names, one a line.
const std = @import("std");

const most_bytes = 1 << 16;

pub fn main(init: std.process.Init) !void {
    const io = init.io;
    const gpa = init.arena.allocator();
    var buffer: [4096]u8 = undefined;
    var stdout = std.Io.File.stdout().writer(io, &buffer);
    const out = &stdout.interface;

    const target = try std.zig.system.resolveTargetQuery(io, .{});
    const cpu = target.cpu;
    try out.print("arch {s}\ncpu {s}\nfeatures ", .{ @tagName(cpu.arch), cpu.model.llvm_name orelse "generic" });
    for (cpu.arch.allFeaturesList(), 0..) |feature, i| {
        if (!cpu.features.isEnabled(@intCast(i))) continue;
        if (feature.llvm_name) |name| try out.print("+{s},", .{name});
    }
    const cores = std.Thread.getCpuCount() catch 1;
    const name = std.posix.uname();
    try out.print("\ncores {d}\nsystem {s} {s}\n", .{ cores, std.mem.sliceTo(&name.sysname, 0), std.mem.sliceTo(&name.release, 0) });

    var input: [4096]u8 = undefined;
    var stdin = std.Io.File.stdin().reader(io, &input);
    while (try stdin.interface.takeDelimiter('\n')) |path| {
        const text = readSome(io, gpa, path) catch continue;
        try out.print("file {s} {d}\n{s}\n", .{ path, text.len, text });
    }
    try out.flush();
}

/// The first bytes of a file; those of /proc and /sys have no size to ask for.
fn readSome(io: std.Io, gpa: std.mem.Allocator, path: []const u8) ![]u8 {
    const file = try std.Io.Dir.openFileAbsolute(io, path, .{});
    defer file.close(io);
    const text = try gpa.alloc(u8, most_bytes);
    var reader = file.reader(io, &.{});
    const length = try reader.interface.readSliceShort(text);
    return text[0..length];
}
