// SPDX-License-Identifier: Apache-2.0

// client-go asks the API server of KUBECONFIG as programs written with Kubernetes' own library do: informer and lister,
// pages, conflicts, patches, preconditions, leases. What it saw is printed, so that two servers can be compared.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/pager"
)

const ns = "client-go"

func must(err error) {
	if err != nil {
		fmt.Println("trouble:", err)
		os.Exit(1)
	}
}

func next(events chan string) {
	select {
	case e := <-events:
		fmt.Println("informer:", e)
	case <-time.After(30 * time.Second):
		fmt.Println("informer: nothing for 30 s")
	}
}

func informer(ctx context.Context, c kubernetes.Interface) (informers.SharedInformerFactory, chan string) {
	events := make(chan string, 100)
	f := informers.NewSharedInformerFactoryWithOptions(c, 0, informers.WithNamespace(ns))
	name := func(o interface{}) string { return o.(metav1.Object).GetName() }
	_, err := f.Core().V1().Services().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o interface{}) { events <- "added " + name(o) },
		UpdateFunc: func(_, o interface{}) { events <- "updated " + name(o) },
		DeleteFunc: func(o interface{}) { events <- "deleted " + name(o) },
	})
	must(err)
	f.Start(ctx.Done())
	f.WaitForCacheSync(ctx.Done())
	return f, events
}

func service(name string) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"l": name}},
		Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080)}}}}
}

func services(ctx context.Context, c kubernetes.Interface) {
	f, events := informer(ctx, c)
	s := c.CoreV1().Services(ns)
	for _, n := range []string{"a", "b", "c", "d", "e"} {
		made, err := s.Create(ctx, service(n), metav1.CreateOptions{})
		must(err)
		fmt.Println("created", made.Name, made.Spec.Type, made.Spec.Ports, len(made.UID))
		next(events)
	}
	stale, err := s.Get(ctx, "a", metav1.GetOptions{})
	must(err)
	_, err = s.Patch(ctx, "a", types.MergePatchType, []byte(`{"metadata":{"labels":{"l":"z"}}}`), metav1.PatchOptions{})
	must(err)
	next(events)
	_, err = s.Update(ctx, stale, metav1.UpdateOptions{})
	fmt.Println("stale:", errors.IsConflict(err), err)
	_, err = s.Create(ctx, service("a"), metav1.CreateOptions{})
	fmt.Println("again:", errors.IsAlreadyExists(err), err)
	_, err = s.Get(ctx, "none", metav1.GetOptions{})
	fmt.Println("none:", errors.IsNotFound(err), err)
	pages := 0
	p := pager.New(func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		pages++
		return s.List(ctx, o)
	})
	p.PageSize = 2
	must(p.EachListItem(ctx, metav1.ListOptions{}, func(o runtime.Object) error {
		fmt.Println("page", pages > 0, o.(*corev1.Service).Name)
		return nil
	}))
	list, err := f.Core().V1().Services().Lister().Services(ns).List(labels.Set{"l": "z"}.AsSelector())
	must(err)
	fmt.Println("lister:", len(list), list[0].Name)
	wrong := types.UID("wrong")
	err = s.Delete(ctx, "b", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &wrong}})
	fmt.Println("precondition:", errors.IsConflict(err))
	must(s.Delete(ctx, "b", metav1.DeleteOptions{}))
	next(events)
}

func deployments(ctx context.Context, c kubernetes.Interface) {
	l := map[string]string{"a": "b"}
	d := c.AppsV1().Deployments(ns)
	_, err := d.Create(ctx, &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "d"}, Spec: appsv1.DeploymentSpec{
		Selector: &metav1.LabelSelector{MatchLabels: l}, Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: l},
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}}}}}, metav1.CreateOptions{})
	must(err)
	out, err := d.Patch(ctx, "d", types.StrategicMergePatchType,
		[]byte(`{"spec":{"template":{"spec":{"containers":[{"name":"x","image":"y"}]}}}}`), metav1.PatchOptions{})
	must(err)
	fmt.Println("patched:", out.Generation, *out.Spec.Replicas, len(out.Spec.Template.Spec.Containers), out.Spec.Strategy.Type)
	scale, err := d.GetScale(ctx, "d", metav1.GetOptions{})
	must(err)
	scale.Spec.Replicas = 7
	scale, err = d.UpdateScale(ctx, "d", scale, metav1.UpdateOptions{})
	must(err)
	fmt.Println("scaled:", scale.Spec.Replicas, scale.Status.Selector)
	out.Status.Replicas = 3
	out.ResourceVersion = ""
	out, err = d.UpdateStatus(ctx, out, metav1.UpdateOptions{})
	must(err)
	fmt.Println("status:", out.Status.Replicas, *out.Spec.Replicas)
	err = d.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "none=such"})
	must(err)
	must(d.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{}))
	left, err := d.List(ctx, metav1.ListOptions{})
	must(err)
	fmt.Println("left:", len(left.Items))
}

func lead(ctx context.Context, c kubernetes.Interface) {
	ctx, cancel := context.WithCancel(ctx)
	lock, err := resourcelock.New(resourcelock.LeasesResourceLock, ns, "leader", c.CoreV1(), c.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: "me"})
	must(err)
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{Lock: lock, LeaseDuration: 15 * time.Second,
		RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second, ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: func(context.Context) {
			fmt.Println("leading")
			cancel()
		}, OnStoppedLeading: func() { fmt.Println("done") }}})
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	must(err)
	config.ContentType = "application/json" // the lab's server takes no protobuf, which is client-go's own choice
	config.QPS = 1000
	config.Burst = 1000
	c, err := kubernetes.NewForConfig(config)
	must(err)
	_, err = c.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}, metav1.CreateOptions{})
	must(err)
	services(ctx, c)
	deployments(ctx, c)
	lead(ctx, c)
}
