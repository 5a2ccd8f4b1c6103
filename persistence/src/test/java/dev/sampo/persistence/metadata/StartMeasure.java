package dev.sampo.persistence.metadata;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;
public class StartMeasure {
  public static void main(String[] a) throws Exception {
    for (int run=0; run<3; run++) {
      Path d = Files.createTempDirectory("rm");
      for (int k=0;k<2;k++) {
      int t0=Thread.getAllStackTraces().size();
      long s=System.nanoTime();
      RaftMetadataLog l = RaftMetadataLog.open(RaftSettings.groupOfOne(1, d));
      long o=System.nanoTime();
      var term=new CompletableFuture<Long>();
      l.onRole(r->{ if(r.leader()) term.complete(r.term());});
      long t=term.get(10,TimeUnit.SECONDS);
      long e=System.nanoTime();
      long end=l.endOffset().toCompletableFuture().get(5,TimeUnit.SECONDS);
      var r=l.append(t, end, List.of(new byte[100])).toCompletableFuture().get(5,TimeUnit.SECONDS);
      long f=System.nanoTime();
      System.out.println("open "+(o-s)/1000000+" leader "+(e-s)/1000000+" commit "+(f-s)/1000000+" ms "+r+" threads "+(Thread.getAllStackTraces().size()-t0));
      if (run==2&&k==0) { for (var th: Thread.getAllStackTraces().keySet()) System.out.println("   "+th.getName());
        for(int round=0;round<2;round++){ long[] lat=new long[1000]; end=l.endOffset().toCompletableFuture().get();
        for(int i=0;i<1000;i++){ long x=System.nanoTime(); l.append(t,end++,List.of(new byte[200])).toCompletableFuture().get(); lat[i]=System.nanoTime()-x;}
        Arrays.sort(lat); System.out.println("p50 "+lat[500]/1000+" us p99 "+lat[990]/1000);}
        System.gc(); System.out.println("heap MB "+(Runtime.getRuntime().totalMemory()-Runtime.getRuntime().freeMemory())/1048576.0);
      }
      long c=System.nanoTime(); l.close(); System.out.println("close "+(System.nanoTime()-c)/1000000);
      }
    }
  }
}
